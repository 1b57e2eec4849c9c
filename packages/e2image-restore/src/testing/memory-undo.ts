import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import type { UndoStorage } from '../undo/undo-storage.ts';

/** An undo file in memory. */
export interface MemoryUndo extends UndoStorage {
  /** The file; undefined while it does not exist. Tests may change it. */
  bytes: Uint8Array | undefined;
  /** How often the file was made durable after it was opened. */
  syncs: number;
  /** Opened and not yet closed. */
  openCount: number;
}

/** @param onWrite called with each write to an open file */
export function memoryUndo(onWrite: (bytes: Uint8Array, offset: number) => void = () => {}): MemoryUndo {
  const undo: MemoryUndo = {
    bytes: undefined,
    syncs: 0,
    openCount: 0,
    exists: () => undo.bytes !== undefined,
    async create() {
      const sink = new MemorySink();
      const finish = sink.finish.bind(sink);
      sink.finish = async (size) => {
        await finish(size);
        undo.bytes = sink.bytes;
      };
      return sink;
    },
    open() {
      const { bytes } = undo;
      if (bytes === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      undo.openCount++;
      return {
        source: memorySource(bytes),
        write(written, offset) {
          onWrite(written, offset);
          bytes.set(written, offset);
        },
        sync: async () => void undo.syncs++,
        [Symbol.dispose]: () => void undo.openCount--,
      };
    },
  };
  return undo;
}
