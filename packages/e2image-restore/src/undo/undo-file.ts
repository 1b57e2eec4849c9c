import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { crc32c } from '@e2image/ext-core/structures';
import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';
import type { Sink, Source } from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';
import {
  disguise,
  encodeKeyBlock,
  encodeUndoHeader,
  keysPerBlock,
  readKeyBlock,
  readUndoHeader,
  UNDO_HEADER_SIZE,
  type UndoHeader,
  type UndoKey,
} from './undo-layout.ts';
import { FIRST_KEY_BLOCK, type PlannedKeyBlock, planUndo, SUPERBLOCK_AT, type UndoPlan } from './undo-plan.ts';
import type { OpenUndo, UndoStorage } from './undo-storage.ts';

// Invariants of the undo file of a restore, at each moment, also after a power cut:
//
// 1. Under its name the file is complete or does not exist: it gets its name when all old content is durable.
// 2. No block of the device is overwritten before its old content is durable in the file.
// 3. Old content is never changed: a second run of the restore adds none, because the first run saved the true one.
// 4. The superblock in the file is the one on the device, before or after the restore: e2undo(8) compares them. The file
//    gets the new one when all other blocks are durable on the device, and before the device gets it.
// 5. The file is marked as finished only after everything, the superblock too, is durable on the device.

const checksum = (bytes: Uint8Array): number => crc32c(0xffff_ffff, bytes);

/** What an undo file is about. */
export interface UndoSubject {
  /** The blocks that are going to be overwritten: ascending, disjoint. */
  readonly runs: readonly BlockRun[];
  readonly blockSize: number;
  /** The device as it is. It must return zeros for a block that cannot be read. */
  readonly device: Source;
  /** The 1,024 bytes at byte 1,024 of the device as they are. */
  readonly superblock: Uint8Array;
  /** The same bytes as they will be. */
  readonly wantedSuperblock: Uint8Array;
}

/** Register what must be done before a signal may end the program; disposing the result takes it back. */
export type Protect = (cleanup: () => void) => Disposable;

/**
 * The undo file of a running restore, in the format of e2undo(8). Each step is durable when its promise is fulfilled.
 * Disposing closes the file.
 */
export class UndoFile implements Disposable {
  readonly #file: OpenUndo;
  #header: UndoHeader;

  private constructor(file: OpenUndo, header: UndoHeader) {
    this.#file = file;
    this.#header = header;
  }

  /**
   * Save the old content of all blocks in a new file, and make it durable. If that fails, for example with ENOSPC, no
   * part of the file is left.
   *
   * @param protect removes an incomplete file when a signal ends the program
   * @throws system errors
   */
  static async create(storage: UndoStorage, subject: UndoSubject, protect?: Protect): Promise<UndoFile> {
    const plan = planUndo(subject.runs, subject.blockSize);
    const header = headerOf(plan, subject.superblock);
    const sink = await storage.create();
    using _ = protect?.(() => sink.abort());
    try {
      for (const block of plan.keyBlocks) await saveContent(block, subject, sink);
      sink.writeAt(disguise(subject.superblock), SUPERBLOCK_AT * plan.unitSize);
      sink.writeAt(encodeUndoHeader(header, checksum), 0);
      await sink.finish(plan.size);
    } catch (error) {
      sink.abort();
      throw error;
    }
    return new UndoFile(storage.open(), header);
  }

  /**
   * Continue the undo file of an interrupted restore.
   *
   * @throws RestoreError RESTORE_UNDO_EXISTS when the file is not an undo file, is about another file system, or lacks a
   *   block of `runs`; system errors
   */
  static resume(storage: UndoStorage, subject: UndoSubject): UndoFile {
    const file = storage.open();
    try {
      return new UndoFile(file, checkResumable(file.source, subject));
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Store the superblock that the device will have. Call it when everything else is durable on the device, before the
   * superblock is written.
   */
  async expectSuperblock(superblock: Uint8Array): Promise<void> {
    this.#header = { ...this.#header, superblockCrc: checksum(superblock) };
    this.#file.write(disguise(superblock), SUPERBLOCK_AT * this.#header.unitSize);
    await this.#writeHeader();
  }

  /** Mark the record as complete. */
  async finish(): Promise<void> {
    this.#header = { ...this.#header, isFinished: true };
    await this.#writeHeader();
  }

  async #writeHeader(): Promise<void> {
    this.#file.write(encodeUndoHeader(this.#header, checksum), 0);
    await this.#file.sync();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

const headerOf = (plan: UndoPlan, superblock: Uint8Array): UndoHeader => ({
  keyCount: plan.keyCount,
  superblockAt: SUPERBLOCK_AT,
  firstKeyBlock: FIRST_KEY_BLOCK,
  unitSize: plan.unitSize,
  blockSize: plan.unitSize,
  superblockCrc: checksum(superblock),
  isFinished: false,
  offset: 0,
});

/**
 * Copy the content of the keys in one block of keys, then write that block: up to 255 keys of 256 KiB. Yields to the event
 * loop between batches.
 */
async function saveContent({ at, keys }: PlannedKeyBlock, subject: UndoSubject, sink: Sink): Promise<void> {
  const { device, blockSize } = subject;
  const buffer = new Uint8Array(Math.max(...keys.map(({ length }) => length)));
  const saved: UndoKey[] = [];
  let sinceBreak = 0;
  for (const key of keys) {
    const content = buffer.subarray(0, key.length);
    device.readAt(content, key.target * blockSize);
    sink.writeAt(content, key.at);
    saved.push({ target: key.target, length: key.length, crc: checksum(content) });
    sinceBreak += key.length;
    if (sinceBreak > BATCH) {
      sinceBreak = 0;
      await setImmediate();
    }
  }
  sink.writeAt(encodeKeyBlock(saved, blockSize, checksum), at);
}

/** Bytes to save before the event loop runs again. */
const BATCH = 8 * 1024 * 1024;

/** @returns the header of a file that may be continued. @throws RestoreError RESTORE_UNDO_EXISTS */
function checkResumable(file: Source, subject: UndoSubject): UndoHeader {
  const refuse = (why: string, cause?: unknown): RestoreError =>
    new RestoreError('RESTORE_UNDO_EXISTS', `the file exists and ${why}`, { cause });
  let header: UndoHeader;
  let saved: BlockSet;
  let superblock: Uint8Array;
  try {
    header = readUndoHeader(readPiece(file, 0, UNDO_HEADER_SIZE), checksum);
    superblock = disguise(readPiece(file, header.superblockAt * header.unitSize, subject.superblock.length));
    saved = savedBlocks(file, header);
  } catch (error) {
    throw refuse('is not an undo file', error);
  }
  const isOfDevice = [subject.superblock, subject.wantedSuperblock].some(
    (known) => Buffer.compare(known, superblock) === 0,
  );
  const { blockSize } = subject;
  if (!isOfDevice || header.unitSize !== blockSize || header.blockSize !== blockSize || header.offset !== 0) {
    throw refuse('is about another file system');
  }
  const missing = firstMissing(saved, subject.runs);
  if (missing !== undefined) throw refuse(`lacks block ${missing}, which must be overwritten`);
  if (subject.runs.length > 0 && header.isFinished) throw refuse('is the record of an earlier restore');
  return header;
}

function firstMissing(saved: BlockSet, runs: readonly BlockRun[]): number | undefined {
  for (const { start, count } of runs) {
    for (let block = start; block < start + count; block++) if (!saved.has(block)) return block;
  }
  return undefined;
}

function readPiece(file: Source, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.readAt(bytes, offset);
  return bytes;
}

/** The blocks whose old content is in an undo file. @throws RestoreError RESTORE_UNDO_CORRUPT for a bad checksum */
function savedBlocks(file: Source, header: UndoHeader): BlockSet {
  const { unitSize, blockSize, keyCount } = header;
  const saved = new BlockSet();
  let at = header.firstKeyBlock * unitSize;
  for (let left = keyCount; left > 0; ) {
    const keys = readKeyBlock(readPiece(file, at, unitSize), Math.min(left, keysPerBlock(unitSize)), checksum);
    at += unitSize;
    for (const key of keys) {
      const content = readPiece(file, at, Math.min(key.length, file.size));
      if (checksum(content) !== key.crc) {
        throw new RestoreError('RESTORE_UNDO_CORRUPT', `undo file: bad checksum of the content at byte ${at}`);
      }
      saved.add(key.target, key.length / blockSize);
      at += Math.ceil(key.length / unitSize) * unitSize;
    }
    left -= keys.length;
  }
  return saved;
}
