import type { World } from '../world/world.ts';

/** What is shown while blocks are copied. */
export interface Progress {
  /** Report how many units are done. Cheap: call it as often as the number changes. */
  update(done: number): void;
  /** Print the last line, in the C tool's form. */
  finish(done: number): void;
  /** Stop without the last line, after an error. */
  stop(): void;
}

/** What is counted. */
export interface ProgressOptions {
  /** Number of units; undefined where it is not known, as for a stream. */
  readonly total?: number | undefined;
  /** Bytes of one unit, for the rate. */
  readonly unitSize: number;
  /** Name of the units. Default `blocks`. */
  readonly unit?: string;
}

/** A progress that shows nothing. */
export const NO_PROGRESS: Progress = { update: () => undefined, finish: () => undefined, stop: () => undefined };

/**
 * Start showing progress on standard error: on a terminal one line with a bar, rate and time left, else the C tool's
 * lines, rewritten by backspaces at most once a second. The last line is the C tool's in both cases.
 */
export async function startProgress(world: World, options: ProgressOptions): Promise<Progress> {
  const counter = new Counter(world, options);
  return world.stderrIsTerminal && options.total !== undefined
    ? drawBar(world, counter, options.total)
    : writeLines(world, counter);
}

/** Seconds of copying before the remaining time is shown. */
const WARM_UP = 5;
const MIB = 1 << 20;

/** Makes the texts from the number of units done and the clock. */
class Counter {
  readonly total: number | undefined;
  readonly #world: World;
  readonly #unit: string;
  readonly #unitSize: number;
  readonly #start: number;

  constructor(world: World, { total, unitSize, unit = 'blocks' }: ProgressOptions) {
    this.total = total;
    this.#world = world;
    this.#unit = unit;
    this.#unitSize = unitSize;
    this.#start = world.now().getTime();
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.#world.now().getTime() - this.#start) / 1000;
  }

  rate(done: number): string {
    return `${((done * this.#unitSize) / MIB / Math.max(this.seconds, 0.001)).toFixed(2)} MB/s`;
  }

  /** `12 / 40 blocks (30%)` */
  count(done: number): string {
    if (this.total === undefined) return `${done} ${this.#unit}`;
    const percent = this.total === 0 ? 100 : Math.floor((100 * done) / this.total + 0.5);
    return `${done} / ${this.total} ${this.#unit} (${percent}%)`;
  }

  /** ` 00:01:30 remaining at 12.00 MB/s`, after some seconds, when the rate is known. */
  remaining(done: number): string {
    if (this.seconds <= WARM_UP || done === 0 || this.total === undefined) return '';
    const left = (this.seconds * this.total) / done - this.seconds;
    return ` ${clockText(left)} remaining at ${this.rate(done)}`;
  }

  /** The C tool's last line: e2fsprogs misc/e2image.c, as observed. */
  last(done: number): string {
    const rate = this.seconds >= 1 ? `at ${this.rate(done)}` : '';
    return `\rCopied ${this.count(done)} in ${clockText(this.seconds)} ${rate}       \n`;
  }
}

function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function writeLines(world: World, counter: Counter): Progress {
  let shown = counter.count(0);
  let shownAt = 0;
  world.stderr(`Copying ${shown}`);
  return {
    update(done) {
      const second = Math.floor(counter.seconds);
      if (second === shownAt) return;
      shownAt = second;
      const back = '\b'.repeat(shown.length);
      const wiped = shown.length;
      shown = `${counter.count(done)}${counter.remaining(done)}`;
      world.stderr(`${back}${shown.padEnd(wiped)}${'\b'.repeat(Math.max(0, wiped - shown.length))}`);
    },
    finish: (done) => world.stderr(counter.last(done)),
    stop: () => world.stderr('\n'),
  };
}

async function drawBar(world: World, counter: Counter, total: number): Promise<Progress> {
  // Loaded here: most runs show no bar, and loading takes time.
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    format: 'Copying {bar} {percentage}% {rate} {eta_formatted}',
    stream: terminalStream(world),
    // Death by a signal would leave a hidden cursor, or a terminal that does not wrap lines.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    fps: 5,
  });
  bar.start(Math.max(total, 1), 0, { rate: counter.rate(0) });
  return {
    update: (done) => bar.update(done, { rate: counter.rate(done) }),
    finish(done) {
      bar.stop();
      world.stderr(counter.last(done));
    },
    stop: () => bar.stop(),
  };
}

/** A terminal for the bar that writes to the world; `process.stderr` itself is never touched. */
function terminalStream(world: World): NodeJS.WritableStream {
  // Loaded here: streams cost a millisecond and more at start-up, and only a bar needs one.
  const { Writable } = process.getBuiltinModule('node:stream');
  const stream = new Writable({
    write(chunk, _encoding, done) {
      world.stderr(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: 80 });
}
