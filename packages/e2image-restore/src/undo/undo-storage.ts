import { closeSync, existsSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { FileSource, openOutput, type Sink, type Source, writeFully } from '@e2image/sparse-io';

const fsyncAsync = promisify(fsync);

/** An existing undo file, open for reading and writing. Disposing closes it. */
export interface OpenUndo extends Disposable {
  readonly source: Source;
  /** Write all of `bytes`, borrowed for the call, at byte `offset`. */
  write(bytes: Uint8Array, offset: number): void;
  /** Resolves when everything written is durable. */
  sync(): Promise<void>;
}

/** Where an undo file is stored: on the disk, or in memory in tests. */
export interface UndoStorage {
  exists(): boolean;
  /** Begin a new file. It has its name only after `finish`, which makes it durable. */
  create(): Promise<Sink>;
  /** @throws system errors (ENOENT, EACCES) */
  open(): OpenUndo;
}

/** An undo file on the disk. */
export const fileStorage = (path: string): UndoStorage => ({
  exists: () => existsSync(path),
  create: async () => (await openOutput(path)).sink,
  open() {
    const fd = openSync(path, 'r+');
    return {
      source: FileSource.over(fd),
      write: (bytes, offset) => writeFully(fd, bytes, offset),
      sync: () => fsyncAsync(fd),
      [Symbol.dispose]: () => closeSync(fd),
    };
  },
});
