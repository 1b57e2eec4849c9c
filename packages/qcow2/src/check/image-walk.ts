import type { Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { geometryOf } from '../format/geometry.ts';
import { usesExtendedL2 } from '../format/header-check.ts';
import { cryptoHeaderLayout, EXTENSION, findExtension } from '../format/header-extension.ts';
import { entryOffset, tableEntryLayout } from '../format/table-entry.ts';
import { type HostFile, readHost, readTable } from '../io/host-file.ts';
import type { BitmapDirectory } from '../read/bitmaps.ts';
import type { SnapshotTable } from '../read/snapshots.ts';
import { type L2Tables, timesNamed } from './l2-tables.ts';
import { type L2Walk, walkL2 } from './l2-walk.ts';
import type { StoredRefcounts } from './stored-refcounts.ts';

/** What a pass over the image works with. */
export interface Walk extends L2Walk {
  readonly file: HostFile;
  readonly tables: L2Tables;
  readonly snapshotTable: SnapshotTable;
  readonly directory: BitmapDirectory;
}

/** Count every reference that an image holds. */
export function* walkImage(walk: Walk, stored: StoredRefcounts | undefined): Steps<void> {
  const { info, tables, snapshotTable } = walk;
  const { header, clusterSize } = info;
  walk.reference(0, clusterSize, 1, 'header');
  for (const { offset, entries } of tables.l1Tables) walk.reference(offset, entries * 8, 1, 'L1 table');
  yield* walkTables(walk);
  if (snapshotTable.tableLength > 0) {
    walk.reference(header.snapshotsOffset, snapshotTable.tableLength, 1, 'snapshot table');
  }
  const crypto = findExtension(info.extensions, EXTENSION.cryptoHeader);
  if (crypto !== undefined) {
    const view = viewOf(crypto);
    walk.reference(cryptoHeaderLayout.offset.get(view, 0), cryptoHeaderLayout.length.get(view, 0), 1, 'crypto header');
  }
  yield* walkBitmaps(walk);
  if (stored === undefined) return;
  walk.reference(header.refcountTableOffset, header.refcountTableClusters * clusterSize, 1, 'refcount table');
  for (let index = 0; index < stored.tableEntries; index++) {
    const offset = stored.blockOffset(index);
    if (offset !== 0 && offset % clusterSize === 0) walk.reference(offset, clusterSize, 1, `refcount block ${index}`);
  }
}

function* walkTables(walk: Walk): Steps<void> {
  const { tables, info, file } = walk;
  const geometry = geometryOf({ clusterBits: info.header.clusterBits, extendedL2: usesExtendedL2(info.header) });
  const isWalked = new Uint8Array(tables.all.length);
  for (let index = 0; index < tables.active.length; index++) {
    const offset = tables.active[index] ?? 0;
    if (offset === 0 || offset === tables.active[index - 1]) continue;
    const { first, times } = timesNamed(tables.all, offset);
    if (isWalked[first] === 1) continue;
    isWalked[first] = 1;
    yield* walkTable(walk, { file, offset, times, guestOffset: index * geometry.l2Coverage });
    yield* checkL1Copied(walk, index, offset);
  }
  for (let index = 0; index < tables.all.length; ) {
    const offset = tables.all[index] ?? 0;
    const { times } = timesNamed(tables.all, offset);
    if (isWalked[index] !== 1) yield* walkTable(walk, { file, offset, times, guestOffset: undefined });
    index += times;
  }
}

function* walkTable(
  walk: Walk,
  {
    file,
    offset,
    times,
    guestOffset,
  }: { file: HostFile; offset: number; times: number; guestOffset: number | undefined },
): Steps<void> {
  const { clusterSize } = walk.info;
  walk.reference(offset, clusterSize, times, 'L2 table');
  if (offset >= file.source.size) return;
  reportCut(walk, 'L2 table', { offset, length: clusterSize });
  const bytes = new Uint8Array(clusterSize);
  // The missing part is walked as zeros: the references in the rest count all the same.
  yield* readHost(file, bytes, offset, { what: 'L2 table', clusterSize });
  yield* walkL2(walk, { bytes, times, guestOffset });
}

/** The last cluster of a file need not be there as a whole, so that no reference reports a table which ends in it. */
function reportCut(
  { sink, info, file }: Pick<Walk, 'sink' | 'info' | 'file'>,
  what: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): void {
  const { size } = file.source;
  const end = offset + length;
  if (end <= size || Math.floor((end - 1) / info.clusterSize) * info.clusterSize >= size) return;
  const message = `${what} at byte ${offset} is cut off by the image's end at ${size}`;
  sink.report({ kind: 'corruption', what: 'beyond-end', message, hostOffset: offset });
}

function* checkL1Copied({ stored, info, tables, sink }: Walk, index: number, offset: number): Steps<void> {
  if (stored === undefined) return;
  const count = yield* stored.of(offset / info.clusterSize);
  if ((count === 1) === (tables.copied[index] === 1)) return;
  const message = `COPIED bit of L1 entry ${index} disagrees with refcount ${count} of the L2 table at byte ${offset}`;
  sink.report({ kind: 'corruption', what: 'copied-flag', message, hostOffset: offset, found: count });
}

/** Bytes of a bitmap table read at once. */
const PIECE = 64 * 1024;

function* walkBitmaps({ directory, info, reference, sink, file }: Walk): Steps<void> {
  if (directory.length === 0) return;
  reference(directory.offset, directory.length, 1, 'bitmap directory');
  let room = file.source.size;
  for (const { name, tableOffset, tableEntries } of directory.bitmaps) {
    const what = `table of bitmap ${JSON.stringify(name)}`;
    reference(tableOffset, tableEntries * 8, 1, what);
    reportCut({ sink, info, file }, what, { offset: tableOffset, length: tableEntries * 8 });
    room -= tableEntries * 8;
    if (tableOffset + tableEntries * 8 > file.source.size) continue;
    if (room < 0) {
      // Tables that do not fit the file together overlap; walking them all could take unbounded time.
      sink.report({ kind: 'corruption', what: 'overlap', message: `${what} overlaps others`, hostOffset: tableOffset });
      return;
    }
    for (let at = 0; at < tableEntries * 8; at += PIECE) {
      const length = Math.min(PIECE, tableEntries * 8 - at);
      const view = viewOf(yield* readTable(file, length, tableOffset + at, { what }));
      for (let entry = 0; entry < length; entry += 8) {
        const offset = entryOffset(tableEntryLayout.hi.get(view, entry), tableEntryLayout.lo.get(view, entry));
        if (offset !== 0) reference(offset, info.clusterSize, 1, `bitmap ${JSON.stringify(name)}`);
      }
    }
  }
}
