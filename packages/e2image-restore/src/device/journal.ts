import { Buffer } from 'node:buffer';
import { codeOf } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import {
  hasCompat,
  hasIncompat,
  hasRoCompat,
  hexText,
  INCOMPAT,
  JOURNAL_SUPERBLOCK_SIZE,
  readSuperblock,
  superblockChecksum,
  superblockLayout,
} from '@e2image/ext-core/structures';
import { readInode, walkMap } from '@e2image/ext-core/walk';
import type { Source } from '@e2image/sparse-io';
import { isDirty, journalIn } from './empty-journal.ts';

/** A file system's view of its journal. */
export interface JournalState {
  /** The superblock says that the journal must be replayed. */
  readonly needsRecovery: boolean;
  /** Block of the journal's superblock; undefined without a journal inside the file system. */
  readonly block: number | undefined;
  /** 1,024 bytes of that block; undefined when there is no readable journal superblock. */
  readonly raw: Uint8Array | undefined;
  /** The journal holds transactions that were not replayed. */
  readonly isDirty: boolean;
  /** UUID of a journal on a device of its own, in hex; undefined without one. */
  readonly external: string | undefined;
}

/** The state of the journal of a file system. What cannot be read counts as missing. */
export function journalState(fs: Filesystem): JournalState {
  const { superblock: sb } = fs;
  const isExternal = hasCompat(sb, 'has_journal') && sb.journalInode === 0;
  const block = hasCompat(sb, 'has_journal') && sb.journalInode !== 0 ? firstBlock(fs, sb.journalInode) : undefined;
  const raw = block === undefined ? undefined : readJournalAt(fs.source, block * fs.blockSize);
  return {
    needsRecovery: hasIncompat(sb, 'recover'),
    block,
    raw,
    isDirty: raw !== undefined && isDirty(raw),
    external: isExternal ? hexText(sb.journalUuid) : undefined,
  };
}

/** The journal superblock at a byte of a source; undefined when these bytes are not one, or cannot be read. */
export function readJournalAt(source: Source, offset: number): Uint8Array | undefined {
  const raw = new Uint8Array(JOURNAL_SUPERBLOCK_SIZE);
  try {
    source.readAt(raw, offset);
  } catch (error) {
    if (codeOf(error) !== undefined) return undefined;
    throw error;
  }
  return journalIn(raw) === undefined ? undefined : raw;
}

/** Block 0 of a file; undefined when it is a hole or cannot be found. */
function firstBlock(fs: Filesystem, inode: number): number | undefined {
  const view = readInode(fs, inode);
  if (view === undefined) return undefined;
  let first: number | undefined;
  walkMap(fs, inode, view, {
    data: (start, _count, logical) => {
      if (logical === 0) first = start;
    },
    node: () => first === undefined,
  });
  return first !== undefined && first > 0 && first < fs.blocksCount ? first : undefined;
}

/** The two sides of a restore, as far as journals go. */
export interface JournalSides {
  /** The device as it is; undefined when it has no readable file system. */
  readonly now: JournalState | undefined;
  /** The device as it will be. */
  readonly after: JournalState;
  /** The journal superblock that is now on the device where that of the image will be; undefined when none exists. */
  readonly there: Uint8Array | undefined;
  /** The image contains its journal; otherwise the device keeps its own. */
  readonly isRestored: boolean;
}

/**
 * Why the journal does not belong to the metadata that will be on the device. Replaying such a journal would destroy what
 * was restored.
 *
 * @returns sentences for the user; empty when the journals are harmless
 */
export function journalReasons({ now, after, there, isRestored }: JournalSides): string[] {
  const reasons: string[] = [];
  if (after.needsRecovery) {
    reasons.push('the image is of a file system whose journal had not been replayed (needs_recovery)');
  }
  const isReplaced = (raw: Uint8Array): boolean => after.raw === undefined || Buffer.compare(raw, after.raw) !== 0;
  const dirty = [now?.isDirty ? now.raw : undefined, there].find((raw) => raw !== undefined && isDirty(raw));
  if (dirty !== undefined && (isReplaced(dirty) || !after.needsRecovery)) {
    reasons.push('the journal on the device holds changes that were not replayed and that are not in the image');
  } else if (now?.needsRecovery && !after.needsRecovery) {
    reasons.push('the file system on the device says that its journal was not replayed (needs_recovery)');
  }
  if (!isRestored && now?.raw !== undefined && after.block !== undefined && now.block !== after.block) {
    reasons.push(`the journal on the device begins at block ${now.block}, that of the image at block ${after.block}`);
  }
  if (now?.external !== after.external && now !== undefined) {
    reasons.push('the device and the image have their journals on different devices');
  }
  return reasons;
}

/**
 * The same superblock without needs_recovery, with a right checksum.
 *
 * @param raw 1,024 bytes; borrowed
 */
export function withoutRecovery(raw: Uint8Array): Uint8Array {
  const copy = raw.slice();
  const view = new DataView(copy.buffer);
  const f = superblockLayout;
  f.s_feature_incompat.set(view, 0, (f.s_feature_incompat.get(view, 0) & ~INCOMPAT.recover) >>> 0);
  if (hasRoCompat(readSuperblock(copy), 'metadata_csum')) f.s_checksum.set(view, 0, superblockChecksum(copy));
  return copy;
}
