import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type MoveRecord, recordBeside, recordInside } from '@e2image/e2image-move/testing';
import { commandLine, dumpe2fs, e2fsck, run, tool } from './oracle.ts';

/** Bytes `[from, to)`. */
interface Bytes {
  readonly from: number;
  readonly to: number;
}

/** A file system to be moved, and how to check that it is at an offset. */
export interface Subject {
  /** The whole image. */
  readonly content: Uint8Array;
  /** The bytes that count: of blocks that dumpe2fs does not list as free. */
  readonly used: readonly Bytes[];
}

/** @param image path of a file system that starts at byte 0 */
export function subjectOf(image: string): Subject {
  const content = readFileSync(image);
  const text = new TextDecoder().decode(dumpe2fs([image]).stdout);
  const blockSize = Number(/^Block size: +(\d+)$/m.exec(text)?.[1]);
  const free = [...text.matchAll(/^ {2}Free blocks: (.*)$/gm)].flatMap(([, list = '']) =>
    list
      .split(', ')
      .filter(Boolean)
      .map((run) => {
        const [first = 0, last = first] = run.split('-').map(Number);
        return { from: first * blockSize, to: (last + 1) * blockSize };
      }),
  );
  const ends = [...free.map(({ from }) => from), content.length];
  const starts = [0, ...free.map(({ to }) => to)];
  const used = starts.map((from, i) => ({ from, to: ends[i] ?? from })).filter(({ from, to }) => from < to);
  return { content, used };
}

/** Where a move starts and ends, with the bytes before both offsets. */
export interface Route {
  readonly from: number;
  readonly to: number;
}

/** @param lead bytes before the lower offset, multiple of 512 */
export const routeOf = (distance: number, direction: 'right' | 'left', lead = 1024): Route =>
  direction === 'right' ? { from: lead, to: lead + distance } : { from: lead + distance, to: lead };

/** Make a file with the file system at `from`, and a byte pattern everywhere else. @param end bytes of the file */
export function layOut(file: string, { content }: Subject, from: number, end = from + content.length): void {
  const fd = openSync(file, 'w');
  try {
    ftruncateSync(fd, end);
    writeSync(fd, Buffer.alloc(from, 0x5a), 0, from, 0);
    writeSync(fd, content, 0, content.length, from);
  } finally {
    closeSync(fd);
  }
}

/** What a place of a file or device holds. `mounts`: it has a superblock; `isWhole`: every used byte is there. */
export function stateOf(
  file: string,
  place: number,
  { content, used }: Subject,
): { mounts: boolean; isWhole: boolean } {
  using reader = new Reader(file);
  const magic = reader.read(place + 1024 + 0x38, 2);
  const isWhole = used.every(({ from, to }) => {
    return Buffer.compare(reader.read(place + from, to - from), content.subarray(from, to)) === 0;
  });
  return { mounts: magic[0] === 0x53 && magic[1] === 0xef, isWhole };
}

/** What e2fsck -fn says of a place in a file. */
export const fsckAt = (file: string, place: number): ReturnType<typeof e2fsck> => {
  const { status, text } = e2fsck(`${file}?offset=${place}`);
  return { status, text: text.replaceAll(file, 'IMAGE') };
};

/** What e2fsck -fn says of a copy of a place: its check of multi-mount protection does not know of offsets. */
export function fsckCopyOf(file: string, place: number, copy: string): ReturnType<typeof e2fsck> {
  run('dd', [`if=${file}`, `of=${copy}`, 'bs=1M', 'iflag=skip_bytes', `skip=${place}`, 'conv=sparse', 'status=none']);
  return e2fsck(copy);
}

/** An open file, read at offsets; bytes beyond its end are zeros. */
export class Reader implements Disposable {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** When to send a signal to a move. */
export interface Shot {
  readonly signal: NodeJS.Signals;
  /** Once the record is like this ... */
  readonly when: (record: MoveRecord) => boolean;
  /** ... and so many milliseconds passed. Default 0. */
  readonly delay?: number;
}

/** How a move under fire ended. */
export interface ShotOutcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The record as it was found afterwards; undefined when the move was over, or had not begun. */
  readonly record: MoveRecord | undefined;
}

/**
 * Run e2image-move and shoot at it.
 *
 * @param look reads the record; throws while it does not exist
 */
export async function shootAt(
  args: readonly string[],
  look: () => MoveRecord | undefined,
  { signal, when, delay = 0 }: Shot,
): Promise<ShotOutcome> {
  const [program, ...leading] = commandLine('e2image-move');
  const child = spawn(program, [...leading, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  let isOver = false;
  const over = new Promise<void>((resolve) => {
    child.once('close', () => {
      isOver = true;
      resolve();
    });
  });
  const isTime = (): boolean => {
    const record = quietly(look);
    return record !== undefined && when(record);
  };
  // Some states last less than a turn of the event loop: look often, and let it turn now and then.
  const isTimeSoon = (): boolean => {
    for (const end = performance.now() + 4; performance.now() < end; ) if (isTime()) return true;
    return false;
  };
  while (!isOver && !isTimeSoon()) await setImmediate();
  for (const end = performance.now() + delay; !isOver && performance.now() < end; ) await setImmediate();
  child.kill(signal);
  await over;
  return { status: child.exitCode, signal: child.signalCode, stderr, record: quietly(look) };
}

/** Reads the record in the file beside an image. */
export function lookBeside(image: string): MoveRecord | undefined {
  using reader = new Reader(`${image}.e2move`);
  return recordBeside((offset, length) => reader.read(offset, length));
}

/** Reads the record inside a device. */
export function lookInside(device: string, { from, to }: Route): MoveRecord | undefined {
  using reader = new Reader(device);
  return recordInside((offset, length) => reader.read(offset, length), { source: from, destination: to });
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A number in [0, 1), the same in every run (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The command after `finish it with: ` in a message, as arguments: names in it must not need quotes. */
export function commandIn(message: string): string[] {
  const [, command = ''] = /finish it with: e2image-move (.*)$/m.exec(message) ?? [];
  return command.split(' ').filter(Boolean);
}

/**
 * A file system filled to three quarters with bytes that are nowhere the same.
 *
 * @param path where its image is made; @param size MiB
 */
export function bigSubject(path: string, size: number): Subject {
  const content = `${path}.content`;
  mkdirSync(content);
  try {
    const pick = numbers(size);
    for (let left = Math.floor(size * 0.75), index = 0; left > 0; index++) {
      const bytes = Uint32Array.from({ length: 1 << 17 }, () => Math.floor(pick() * 2 ** 32));
      writeFileSync(join(content, `${index}`), new Uint8Array(bytes.buffer, 0, bytes.byteLength - (index % 7) * 4321));
      left -= 0.5;
    }
    const { status, stderr } = tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', content, path, `${size}M`]);
    if (status !== 0) throw new Error(stderr);
    return subjectOf(path);
  } finally {
    rmSync(content, { recursive: true });
  }
}
