import type { ByteRange } from '../base/byte-range.ts';
import { AUTOCLEAR, COMPATIBLE, hasFeature, INCOMPATIBLE } from './features.ts';
import { COMPRESSION, CRYPT, type HeaderTail, type Qcow2Header } from './header.ts';
import { floorToSector } from './header-check.ts';
import { EXTENSION, findExtension, type HeaderExtension } from './header-extension.ts';
import { decodeProvenance } from './provenance.ts';
import { decodeText } from './text.ts';

/** What the header of an image says. */
export interface ImageInfo {
  readonly header: Qcow2Header;
  /** Bytes of the virtual disk: whole sectors of 512. */
  readonly virtualSize: number;
  readonly clusterSize: number;
  readonly refcountBits: number;
  readonly compressionType: 'zlib' | 'zstd';
  /** How guest data are encrypted. */
  readonly encryption: 'aes' | 'luks' | undefined;
  /** The last writer did not close the image: refcounts may be out of date. Guest data is not affected. */
  readonly isDirty: boolean;
  /** Some writer found its metadata inconsistent. */
  readonly isCorrupt: boolean;
  /** The backing file's name as spelt in the image; undefined: no backing file. */
  readonly backingName: string | undefined;
  /** Its format as stated, `raw` or `qcow2` in what this package opens; undefined: not stated. */
  readonly backingFormat: string | undefined;
  /** Refcounts may be out of date while the image is open for writing. */
  readonly hasLazyRefcounts: boolean;
  /** L2 entries describe subclusters. */
  readonly hasExtendedL2: boolean;
  /** The guest data is in another file. */
  readonly hasDataFile: boolean;
  /** That file alone is the whole disk, at guest offsets. */
  readonly hasRawDataFile: boolean;
  /** Name of the file that holds the guest data; undefined: the image holds them, or does not name the file. */
  readonly dataFileName: string | undefined;
  /** All header extensions, known or not. */
  readonly extensions: readonly HeaderExtension[];
  /** Guest ranges that could not be read when this project made the image: their zeros are not data. */
  readonly unread: readonly ByteRange[];
  /** Faults that were tolerated, one sentence each. */
  readonly warnings: readonly string[];
}

/** Describe a checked header. @throws Qcow2Error QCOW2_CORRUPT for a damaged provenance extension */
export function imageInfo(header: Qcow2Header, tail: HeaderTail): ImageInfo {
  const { extensions, backingName } = tail;
  const text = (type: number) => {
    const data = findExtension(extensions, type);
    return data === undefined ? undefined : decodeText(data);
  };
  const provenance = findExtension(extensions, EXTENSION.provenance);
  return {
    header,
    virtualSize: floorToSector(header.virtualSize),
    clusterSize: 2 ** header.clusterBits,
    refcountBits: 2 ** header.refcountOrder,
    compressionType: header.compressionType === COMPRESSION.zstd ? 'zstd' : 'zlib',
    encryption: header.cryptMethod === CRYPT.aes ? 'aes' : header.cryptMethod === CRYPT.luks ? 'luks' : undefined,
    hasLazyRefcounts: hasFeature(header.compatible, COMPATIBLE.lazyRefcounts),
    hasExtendedL2: hasFeature(header.incompatible, INCOMPATIBLE.extendedL2),
    hasDataFile: hasFeature(header.incompatible, INCOMPATIBLE.dataFile),
    hasRawDataFile: hasFeature(header.autoclear, AUTOCLEAR.rawDataFile),
    isDirty: hasFeature(header.incompatible, INCOMPATIBLE.dirty),
    isCorrupt: hasFeature(header.incompatible, INCOMPATIBLE.corrupt),
    backingName: backingName.length > 0 ? decodeText(backingName) : undefined,
    backingFormat: text(EXTENSION.backingFormat),
    dataFileName: text(EXTENSION.dataFile),
    extensions,
    unread: provenance === undefined ? [] : decodeProvenance(provenance),
    warnings: warningsOf(header),
  };
}

function warningsOf(header: Qcow2Header): string[] {
  const { virtualSize, refcountTableClusters, refcountTableOffset, clusterBits } = header;
  const warnings: string[] = [];
  if (virtualSize % 512 !== 0)
    warnings.push(`virtual size ${virtualSize} is not a multiple of 512, the rest is left out`);
  if (refcountTableClusters === 0) warnings.push('refcount table is empty');
  if (refcountTableOffset % 2 ** clusterBits !== 0)
    warnings.push(`refcount table at ${refcountTableOffset} is not aligned`);
  if (hasFeature(header.incompatible, INCOMPATIBLE.dirty)) warnings.push('marked dirty: refcounts may be stale');
  if (hasFeature(header.incompatible, INCOMPATIBLE.corrupt)) warnings.push('marked corrupt');
  return warnings;
}
