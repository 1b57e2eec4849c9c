import { ftruncateSync } from 'node:fs';
import { readStreamed } from '@e2image/qcow2';
import {
  copyRuns,
  FileSink,
  FileSource,
  loadKernelCalls,
  type Sink,
  Spool,
  type SpoolOptions,
} from '@e2image/sparse-io';

/** Where a temporary file is kept, and the progress observer. */
export interface UnfoldOptions extends SpoolOptions {
  /** Called with the bytes of data that were read. */
  readonly onProgress?: (bytesDone: number) => void;
}

/**
 * Write the disk of an image that can be read only once and in order. The sink is not finished.
 *
 * A sink that can seek must be new: what the image does not store is not written. A sequential sink gets the data at
 * once if the image's tables are before its data, as in the images that we write; otherwise through a temporary file.
 *
 * @returns bytes of the disk
 * @throws Qcow2Error as `readStreamed`; SparseError SPARSE_SPOOL_FULL
 */
export async function unfold(
  image: AsyncIterable<Uint8Array>,
  sink: Sink,
  { onProgress, ...spoolOptions }: UnfoldOptions = {},
): Promise<number> {
  const spools: Spool[] = [];
  const newSpool = (): Spool => {
    const spool = new Spool(spoolOptions);
    spools.push(spool);
    return spool;
  };
  try {
    const target = new Target(sink, newSpool);
    let done = 0;
    const { virtualSize } = await readStreamed(image, {
      openSpool: newSpool,
      ...(sink.isSequential && { onOrder: (order) => target.chooseFor(order) }),
      onData: (bytes, offset) => {
        target.writeAt(bytes, offset);
        done += bytes.length;
        onProgress?.(done);
      },
    });
    await target.finish(virtualSize);
    return virtualSize;
  } finally {
    for (const spool of spools) spool[Symbol.dispose]();
  }
}

/** The sink itself, or a temporary file if the data does not come in the order of the disk. */
class Target {
  readonly #sink: Sink;
  readonly #newSpool: () => Spool;
  #disk: { readonly spool: Spool; readonly file: FileSink } | undefined;

  constructor(sink: Sink, newSpool: () => Spool) {
    this.#sink = sink;
    this.#newSpool = newSpool;
  }

  chooseFor(order: 'guest' | 'image'): void {
    if (order === 'guest') return;
    const spool = this.#newSpool();
    // Never finished: the descriptor is the spool's.
    this.#disk = { spool, file: new FileSink(spool.fd, { zero: 'hole' }) };
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    (this.#disk?.file ?? this.#sink).writeAt(bytes, offset);
  }

  async finish(size: number): Promise<void> {
    if (this.#disk === undefined) return;
    ftruncateSync(this.#disk.spool.fd, size);
    await copyRuns(FileSource.over(this.#disk.spool.fd, { kernel: await loadKernelCalls() }), this.#sink);
  }
}
