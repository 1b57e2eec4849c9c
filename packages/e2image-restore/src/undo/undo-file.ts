import { Buffer } from 'node:buffer';
import { closeSync, fsync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32c } from '@e2image/ext-core/structures';
import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';
import { FileSource, openOutput, type Sink, type Source, writeFully } from '@e2image/sparse-io';
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

const fsyncAsync = promisify(fsync);
const checksum = (bytes: Uint8Array): number => crc32c(0xffff_ffff, bytes);

/** What an undo file is about. */
export interface UndoSubject {
  /** The blocks that are going to be overwritten: ascending, disjoint. */
  readonly runs: readonly BlockRun[];
  readonly blockSize: number;
  /** The device as it is; a block that cannot be read must come as zeros. */
  readonly device: Source;
  /** The 1,024 bytes at byte 1,024 of the device as they are. */
  readonly superblock: Uint8Array;
  /** The same as they will be. */
  readonly wantedSuperblock: Uint8Array;
}

/** Called with what must be done before a signal may end the program; disposing takes it back. */
export type Protect = (cleanup: () => void) => Disposable;

/**
 * The undo file of a running restore: complete on the disk before the first block is overwritten, then told of the new
 * superblock, then of the end. Each step is durable when its promise is fulfilled.
 */
export class UndoFile implements Disposable {
  readonly #fd: number;
  #header: UndoHeader;

  private constructor(fd: number, header: UndoHeader) {
    this.#fd = fd;
    this.#header = header;
  }

  /**
   * Save the old content of all blocks in a new file, and make it durable.
   *
   * Under its name the file is whole or missing. On failure, ENOSPC above all, nothing of it is left.
   *
   * @param protect so that a signal leaves nothing of it either
   */
  static async create(path: string, subject: UndoSubject, protect?: Protect): Promise<UndoFile> {
    const plan = planUndo(subject.runs, subject.blockSize);
    const header = headerOf(plan, subject.superblock);
    const { sink } = await openOutput(path);
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
    return new UndoFile(openSync(path, 'r+'), header);
  }

  /**
   * Go on with the undo file of an interrupted restore. Its old content is the true one and stays.
   *
   * @throws RestoreError RESTORE_UNDO_EXISTS when the file is anything else, is about another file system, or lacks a
   *   block of `runs`
   */
  static resume(path: string, subject: UndoSubject): UndoFile {
    const fd = openSync(path, 'r+');
    try {
      const header = checkResumable(FileSource.over(fd), subject);
      return new UndoFile(fd, header);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /**
   * Say what the superblock is going to be: e2undo takes the file only while the device has the superblock in it. To
   * be called when all else is durable on the device, before the superblock is written.
   */
  async expectSuperblock(superblock: Uint8Array): Promise<void> {
    this.#header = { ...this.#header, superblockCrc: checksum(superblock) };
    writeFully(this.#fd, disguise(superblock), SUPERBLOCK_AT * this.#header.unitSize);
    await this.#writeHeader();
  }

  /** Say that the record is complete. */
  async finish(): Promise<void> {
    this.#header = { ...this.#header, isFinished: true };
    await this.#writeHeader();
  }

  async #writeHeader(): Promise<void> {
    writeFully(this.#fd, encodeUndoHeader(this.#header, checksum), 0);
    await fsyncAsync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
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

/** Copy the content of one block's keys, then write the block: up to 255 keys of 256 KiB, yielding in between. */
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

/** Bytes to save between two looks at signals. */
const BATCH = 8 * 1024 * 1024;

/** @returns the header of a file that may be gone on with */
function checkResumable(file: Source, subject: UndoSubject): UndoHeader {
  const refuse = (why: string, cause?: unknown): RestoreError =>
    new RestoreError('RESTORE_UNDO_EXISTS', `it is there already and ${why}`, { cause });
  let header: UndoHeader;
  let saved: BlockSet;
  let superblock: Uint8Array;
  try {
    header = readUndoHeader(readPiece(file, 0, UNDO_HEADER_SIZE), checksum);
    superblock = disguise(readPiece(file, header.superblockAt * header.unitSize, subject.superblock.length));
    saved = savedBlocks(file, header);
  } catch (error) {
    throw refuse('is no undo file', error);
  }
  const isOfDevice = [subject.superblock, subject.wantedSuperblock].some(
    (known) => Buffer.compare(known, superblock) === 0,
  );
  const { blockSize } = subject;
  if (!isOfDevice || header.unitSize !== blockSize || header.blockSize !== blockSize || header.offset !== 0) {
    throw refuse('is about another file system');
  }
  const missing = firstMissing(saved, subject.runs);
  if (missing !== undefined) throw refuse(`lacks block ${missing}, which is to be overwritten`);
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

/** The blocks whose old content an undo file holds, its checksums checked. */
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
