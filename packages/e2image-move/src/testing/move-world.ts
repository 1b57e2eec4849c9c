import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import type { SideFile } from '../homes/side-file.ts';
import type { MoveRecord } from '../record/record.ts';
import type { Journey, MoveTask } from '../run/begin-move.ts';
import { type Operation, tracedDisk } from './crash-disk.ts';

/** Bytes of the file system that is moved. */
export const LENGTH = 100 * SECTOR;
/** Batches of ten sectors that are not logged. */
export const LIMITS = { batch: 10 * SECTOR, shortestUnlogged: 0 };

/** A device and the file of a record in memory, and a move on them. */
export interface MoveWorld {
  readonly task: MoveTask;
  /** Bytes of the device. */
  readonly content: Uint8Array;
  /** Bytes of the file of the record. */
  readonly side: Uint8Array;
  /** What was done to both. */
  readonly trace: Operation[];
  readonly device: Storage;
  readonly file: SideFile;
  /** Whether the file of the record was deleted. */
  readonly isRemoved: () => boolean;
}

/** By default a move by 20 sectors to the right, of which everything is in use. */
export function moveWorld(change: Partial<MoveTask> = {}): MoveWorld {
  const task: MoveTask = {
    move: { source: 0, destination: 20 * SECTOR, length: LENGTH },
    blockSize: 1024,
    map: Float64Array.of(0, LENGTH),
    head: new Uint8Array(SECTOR).fill(7),
    id: new Uint8Array(16).fill(1),
    limits: LIMITS,
    ...change,
  };
  const content = Uint8Array.from({ length: 300 * SECTOR }, (_, i) => i % 253);
  content.set(task.head, task.move.source + HEAD_OFFSET);
  const side = new Uint8Array(300 * SECTOR);
  const trace: Operation[] = [];
  const device = tracedDisk(content, 0, trace);
  let removed = false;
  const file = {
    storage: tracedDisk(side, 1, trace),
    path: 'record',
    remove: () => {
      removed = true;
    },
  };
  return { task, content, side, trace, device, file, isRemoved: () => removed };
}

/** Step until a state; `undefined`: to the end. @returns the record then */
export function stepTo({ record, mover }: Journey, state: MoveRecord['state'] | undefined): MoveRecord | undefined {
  let at: MoveRecord | undefined = record;
  while (at !== undefined && at.state !== state) at = mover.step(at);
  return at;
}
