import { failed, inputName, isCliError } from '@e2image/cli';
import type { FileRequest, Qcow2Image } from '@e2image/qcow2';
import {
  aroundCache,
  FileSource,
  isZero,
  loadKernelCalls,
  openSeekable,
  type Source,
  type SpoolOptions,
  windowOf,
} from '@e2image/sparse-io';
import { readableBytes } from './readable-bytes.ts';

/** A disk in a raw image, a file or a device. Its file is open until `close`. */
export interface RawDisk {
  readonly format: 'raw';
  /** The bytes of the disk. */
  readonly source: Source;
  readonly image?: undefined;
  readonly close: () => void;
}

/** A disk in a QCOW2 image. Its files are open until `close`. */
export interface Qcow2Disk {
  readonly format: 'qcow2';
  /** The bytes of the disk. A read past their end is an error of a source that is too short, as for a file. */
  readonly source: Source;
  readonly image: Qcow2Image;
  readonly close: () => void;
}

/** An open disk. */
export type OpenDisk = RawDisk | Qcow2Disk;

/** Which further files a QCOW2 image may have opened. */
export interface ChainRules {
  /** `none`: the image alone, for what looks only at its tables. Default: `chain`. */
  readonly follow?: 'chain' | 'none';
  /** Also files outside of the image's folder. */
  readonly isAnywhere?: boolean;
  /** Look at a backing file's first bytes when its format is not stated. */
  readonly isProbing?: boolean;
  /** Called before a backing or data file is opened, with its real path; throws to refuse it. */
  readonly onFile?: (path: string, request: FileRequest) => void;
}

/** How a disk is recognised. */
interface RecogniseOptions {
  /** Undefined: QCOW2 when the first bytes are those of QCOW2, else raw. */
  readonly format?: 'raw' | 'qcow2' | undefined;
  /** Default: an image that needs another file is refused. */
  readonly chain?: ChainRules | undefined;
  /** Take a disk whose first bytes cannot be read for a raw one. Default: their error is thrown. */
  readonly isRawIfUnreadable?: boolean;
  /** Read sectors next to an unreadable one around the page cache, which fails for all of them. */
  readonly isAroundCache?: boolean;
}

/** How a disk is opened. */
export interface DiskOptions extends RecogniseOptions {
  /** How a pipe is kept in a temporary file; `onSpool` is called before. */
  readonly spool?: SpoolOptions & { readonly onSpool?: () => void };
}

/**
 * Open a disk for reading at any offset. `-` is standard input. A pipe or FIFO is spooled, and has no folder where names
 * of backing files could lead.
 *
 * @throws CliError CLI_FAILED with the path, also when the first bytes cannot be read, without which nobody knows the format; what `onFile` throws
 */
export async function openDisk(path: string, options: DiskOptions & { readonly format: 'qcow2' }): Promise<Qcow2Disk>;
export async function openDisk(path: string, options?: DiskOptions): Promise<OpenDisk>;
export async function openDisk(path: string, { spool = {}, ...options }: DiskOptions = {}): Promise<OpenDisk> {
  try {
    const { source, close, isSpooled } = await openSeekable(path, spool);
    return await recogniseDisk({ source, close, path: isSpooled || path === '-' ? undefined : path }, options);
  } catch (error) {
    throw isCliError(error) ? error : failed(error, `while trying to open ${inputName(path)}`);
  }
}

/** An open file that is a disk or contains one. */
interface DiskFile {
  readonly source: Source;
  readonly close: () => void;
  /** Undefined for what has no folder. */
  readonly path?: string | undefined;
}

/**
 * Find out what format a file has, and open the disk in it.
 *
 * @param file closed by the result, and on failure
 * @throws Qcow2Error; system errors; what `onFile` throws
 */
export async function recogniseDisk(
  { source: file, close: closeFile, path }: DiskFile,
  { format, chain, isRawIfUnreadable = false, isAroundCache = false }: RecogniseOptions = {},
): Promise<OpenDisk> {
  const closers = [closeFile];
  const close = (): void => {
    for (const closer of closers.splice(0).reverse()) closer();
  };
  try {
    const careful = isAroundCache ? aroundCache(file) : undefined;
    if (careful) closers.push(() => careful[Symbol.dispose]());
    const source = careful ?? file;
    if ((format ?? (await formatOf(source, isRawIfUnreadable))) === 'raw') return { format: 'raw', source, close };
    const image = await openImage(source, path, { chain, closers });
    // A file system can be longer than its disk: a window reports that as the end of a file.
    return { format: 'qcow2', source: windowOf(image, 0), image, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Bytes that decide. */
const HEAD_BYTES = 4;

async function formatOf(source: Source, isRawIfUnreadable: boolean): Promise<'raw' | 'qcow2'> {
  const head = readableBytes(source, 0, HEAD_BYTES, (error) => {
    if (!isRawIfUnreadable) throw error;
  });
  // Most file systems begin with zeros: for these the package is not loaded.
  if (isZero(head)) return 'raw';
  const { isQcow2 } = await import('@e2image/qcow2');
  return isQcow2(head) ? 'qcow2' : 'raw';
}

async function openImage(
  source: Source,
  path: string | undefined,
  { chain = {}, closers }: { readonly chain: ChainRules | undefined; readonly closers: (() => void)[] },
): Promise<Qcow2Image> {
  const { loadCodec, openQcow2 } = await import('@e2image/qcow2');
  const alone = openQcow2(source, { follow: 'none' });
  const { backingName, hasDataFile } = alone.info;
  const isAlone = chain.follow === 'none' || (backingName === undefined && !hasDataFile);
  const resolver = isAlone || path === undefined ? {} : await resolverFor(path, chain, closers);
  const image = isAlone ? alone : openQcow2(source, { ...resolver, probeBacking: chain.isProbing ?? false });
  // Without the codec the image can be described; a read that needs it is refused.
  const isZstd = image.chain.some(({ info }) => info?.compressionType === 'zstd');
  if (isZstd) await loadCodec('zstd').catch(() => undefined);
  return image;
}

/** @param closers gets what closes each file that the resolver opens */
async function resolverFor(image: string, { isAnywhere = false, onFile }: ChainRules, closers: (() => void)[]) {
  const { folderResolver } = await import('@e2image/qcow2');
  const kernel = await loadKernelCalls();
  let request: FileRequest | undefined;
  const { id, resolve } = folderResolver<Source>({
    image,
    allow: isAnywhere ? 'anywhere' : 'folder',
    open: (path) => {
      if (request !== undefined) onFile?.(path, request);
      const source = FileSource.open(path, { kernel });
      closers.push(() => source[Symbol.dispose]());
      return source;
    },
  });
  return {
    id,
    resolve: (asked: FileRequest) => {
      request = asked;
      return resolve(asked);
    },
  };
}
