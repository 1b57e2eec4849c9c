import type { Source } from '../bytes/source.ts';
import { type GroupDesc, readGroupDesc } from '../structures/group-desc.ts';

/** Bytes that are read at once: a walk over all groups is cheap, and so is a look at one. */
const WINDOW_BYTES = 64 * 1024;
/** Windows that are held: 2 MiB, the descriptors of 4 TiB at 4 KiB blocks. */
const MAX_WINDOWS = 32;

/** Descriptors next to each other. */
export interface DescWindow {
  /** Group of the first one. */
  readonly first: number;
  readonly view: DataView<ArrayBuffer>;
}

/** Group descriptors, joined, of which 2 MiB at most are in memory: those asked for last. */
export class DescTable {
  /** Bytes of all descriptors, rounded up to blocks. */
  readonly size: number;
  /** Bytes per descriptor. */
  readonly descSize: number;
  readonly #source: Source;
  readonly #perWindow: number;
  /** By number; the one used last is the last. */
  readonly #windows = new Map<number, DescWindow>();
  #last: DescWindow;

  /** @param source the descriptors from byte 0 on; read in whole windows of 64 KiB, but for the last */
  constructor(source: Source, descSize: number) {
    this.#source = source;
    this.size = source.size;
    this.descSize = descSize;
    this.#perWindow = WINDOW_BYTES / descSize;
    this.#last = { first: 0, view: new DataView(new ArrayBuffer(0)) };
  }

  /**
   * Decode the descriptor of `group`: see `readGroupDesc`.
   *
   * @throws ExtError EXT_TRUNCATED when the table ends before it; what the source throws
   */
  get(group: number): GroupDesc {
    const { first, view } = this.window(group);
    return readGroupDesc(view, group - first, this.descSize);
  }

  /** The window with the descriptor of `group`. Its bytes are valid until the next call. @throws as `get` */
  window(group: number): DescWindow {
    const { first } = this.#last;
    if (group >= first && (group - first) * this.descSize < this.#last.view.byteLength) return this.#last;
    const number = Math.floor(group / this.#perWindow);
    const window = this.#windows.get(number) ?? this.#read(number);
    this.#windows.delete(number);
    this.#windows.set(number, window);
    this.#last = window;
    return window;
  }

  /** Read everything once, so that whatever cannot be read is known. @throws what the source throws */
  readAll(): void {
    for (let at = 0; at < this.size; at += WINDOW_BYTES) this.window(at / this.descSize);
  }

  #read(number: number): DescWindow {
    const offset = number * WINDOW_BYTES;
    const length = Math.max(0, Math.min(WINDOW_BYTES, this.size - offset));
    const bytes = this.#takeOldest(length) ?? new Uint8Array(length);
    if (length > 0) this.#source.readAt(bytes, offset);
    return { first: number * this.#perWindow, view: new DataView(bytes.buffer) };
  }

  /** The memory of the window that nobody asked for longest, when there are too many. */
  #takeOldest(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#windows.size < MAX_WINDOWS) return undefined;
    const [number, oldest] = this.#windows.entries().next().value ?? [];
    if (number === undefined || oldest === undefined) return undefined;
    this.#windows.delete(number);
    return oldest.view.byteLength === length ? new Uint8Array(oldest.view.buffer) : undefined;
  }
}
