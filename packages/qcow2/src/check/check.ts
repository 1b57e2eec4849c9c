import { isQcow2Error, Qcow2Error } from '../base/errors.ts';
import { runAsync, runSync, type Steps } from '../base/steps.ts';
import type { ImageInfo } from '../format/image-info.ts';
import type { AnySource, HostFile } from '../io/host-file.ts';
import type { AsyncSource, Source } from '../io/source.ts';
import { readBitmaps } from '../read/bitmaps.ts';
import { hostFile, readInfo } from '../read/layer.ts';
import { readSnapshots } from '../read/snapshots.ts';
import { compareRefcounts } from './compare-refcounts.ts';
import { type CheckFinding, type CheckReport, type FindingSink, findingSink } from './findings.ts';
import { walkImage } from './image-walk.ts';
import { readL1Tables } from './l2-tables.ts';
import type { L2Walk } from './l2-walk.ts';
import { type ReferenceCounter, referenceCounter, WINDOW_CLUSTERS } from './reference-counter.ts';
import { readStoredRefcounts, type StoredRefcounts } from './stored-refcounts.ts';

/** How `checkQcow2` reports what it finds. */
export interface CheckOptions {
  /** Called for each finding, in no promised order. */
  readonly onFinding?: (finding: CheckFinding) => void;
}

/**
 * Compare the refcounts of an image with a walk over all that uses its clusters, as `qemu-img check` does. Nothing is
 * repaired, and no guest data are read.
 *
 * @throws Qcow2Error when the header is refused, as by `openQcow2`
 */
export function checkQcow2(source: Source, options: CheckOptions = {}): CheckReport {
  return runSync(checkSteps(source, options));
}

/** As `checkQcow2`, for an asynchronous source. Rejects with the signal's reason once it is aborted. */
export function checkQcow2Async(
  source: AsyncSource | Source,
  options: CheckOptions & { readonly signal?: AbortSignal } = {},
): Promise<CheckReport> {
  return runAsync(checkSteps(source, options), options.signal);
}

/**
 * Passes over the tables, each of which counts 16 million clusters: enough for 64 TiB of 4 KiB clusters. A sparse file
 * of a few kilobytes could ask for a million.
 */
const MAX_PASSES = 1024;

function* checkSteps(source: AnySource, { onFinding = () => {} }: CheckOptions): Steps<CheckReport> {
  const info = yield* readInfo(source);
  const file = hostFile(source, 'image', {});
  const sink = findingSink(onFinding);
  const stored = yield* readStoredRefcounts(file, info);
  if (stored === undefined) reportNoRefcounts(sink, info);
  else reportBlocks(sink, stored, file, info);
  const snapshotTable = yield* readable(readSnapshots(file, info), { snapshots: [], tableLength: 0 }, sink);
  const directory = yield* readable(readBitmaps(file, info), { bitmaps: [], offset: 0, length: 0 }, sink);
  const tables = yield* readL1Tables(file, info, snapshotTable.snapshots, sink);
  const shared = { file, info, tables, snapshotTable, directory };
  const figures = noFigures();
  const total = Math.ceil(source.size / info.clusterSize);
  const compared = new Set<number>();
  let highest = -1;
  for (let start = 0, pass = 1; start < total; pass++) {
    if (pass > MAX_PASSES) throw tooScattered(source.size);
    const counter = referenceCounter(start, info.clusterSize);
    // Later passes only count references to later clusters: the first pass reported everything else.
    const walk =
      start === 0
        ? { ...shared, sink, figures, stored, reference: referrer(shared, counter, sink) }
        : {
            ...shared,
            sink: findingSink(() => {}),
            figures: noFigures(),
            stored: undefined,
            reference: referrer(shared, counter, undefined),
          };
    yield* walkImage(walk, stored);
    const result = yield* compareRefcounts({ counter, stored, info, total, sink, compared });
    highest = Math.max(highest, result.highest);
    start = Math.max(start + WINDOW_CLUSTERS, Math.min(counter.firstBehind(), result.nextStored));
  }
  return {
    ...sink.counts,
    totalClusters: Math.ceil(info.virtualSize / info.clusterSize),
    allocatedClusters: figures.allocated,
    fragmentedClusters: figures.fragmented,
    compressedClusters: figures.compressed,
    imageEndOffset: (highest + 1) * info.clusterSize,
  };
}

function tooScattered(size: number): Qcow2Error {
  const message = `the clusters in use are scattered over ${size} bytes, a check goes over them ${MAX_PASSES} times at most`;
  return new Qcow2Error('QCOW2_TOO_LARGE', message, { detail: { value: size, limit: MAX_PASSES } });
}

function reportNoRefcounts(sink: FindingSink, { header }: ImageInfo): void {
  const message = `refcount table at byte ${header.refcountTableOffset} cannot be read`;
  sink.report({ kind: 'corruption', what: 'table-unreadable', message, hostOffset: header.refcountTableOffset });
}

function reportBlocks(sink: FindingSink, stored: StoredRefcounts, file: HostFile, { clusterSize }: ImageInfo): void {
  for (let index = 0; index < stored.tableEntries; index++) {
    const hostOffset = stored.blockOffset(index);
    const name = `refcount block ${index} at byte ${hostOffset}`;
    if (stored.hasReservedBits(index)) {
      sink.report({ kind: 'corruption', what: 'reserved-bits', message: `${name}: reserved bits set`, hostOffset });
    }
    const fault =
      hostOffset % clusterSize !== 0 ? 'is not aligned' : hostOffset >= file.source.size ? 'is outside the image' : '';
    if (fault !== '')
      sink.report({ kind: 'corruption', what: 'refcount-block', message: `${name} ${fault}`, hostOffset });
  }
}

function noFigures(): L2Walk['figures'] {
  return { allocated: 0, fragmented: 0, compressed: 0, next: 0 };
}

/** A table whose damage is a finding of the check, not its end. */
function* readable<T>(steps: Steps<T>, otherwise: T, sink: FindingSink): Steps<T> {
  try {
    return yield* steps;
  } catch (error) {
    if (!isQcow2Error(error)) throw error;
    sink.report({ kind: 'corruption', what: 'table-unreadable', message: error.message });
    return otherwise;
  }
}

function referrer(
  { file, info }: { file: HostFile; info: ImageInfo },
  counter: ReferenceCounter,
  sink: FindingSink | undefined,
): L2Walk['reference'] {
  const { size } = file.source;
  return (offset, length, times, what) => {
    // The last cluster may be there in part; a whole one must not be missing.
    if (Math.floor((offset + length - 1) / info.clusterSize) * info.clusterSize < size)
      counter.add(offset, length, times);
    else if (sink !== undefined) {
      const message = `${what}: bytes ${offset} to ${offset + length} are outside the image of ${size} bytes`;
      sink.report({ kind: 'corruption', what: 'beyond-end', message, hostOffset: offset });
    }
  };
}
