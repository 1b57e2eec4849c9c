import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Main } from '@e2image/cli';
import { fakeWorld } from '@e2image/cli/testing';
import { main as move } from '@e2image/e2image-move';
import { main as restore } from '@e2image/e2image-restore';
import { main as scramble } from '@e2image/e2scramble';
import { main as qcow2 } from '@e2image/qcow2-tool';
import { main as e2image } from 'e2image';
import { cutMoves, hostileRecord } from './move-subject.ts';
import { type Draw, dice, mutate, type Subject } from './mutator.ts';
import { normalSubject, qcow2Subject, smallFilesystem } from './subjects.ts';
import { Watchdog } from './watchdog.ts';

// A hundred cases of each mode in `npm test`; `npm run fuzz` and `npm run prove` ask for more, each from another seed.
const CASES = Number(process.env['FUZZ_CASES'] ?? '100');
const SEED = Number(process.env['PROVE_SEED'] ?? '1');
/** To see one case again: its number. */
const ONLY = process.env['FUZZ_ONLY'];

/** Milliseconds that a case may take. */
const PATIENCE = 5000;
/** MiB that the process may grow by: a command that does nothing has some 50, and 256 are the limit. */
const GROWTH = 200;

const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

/** One run of a command on a hostile file. */
interface Case {
  readonly main: Main;
  readonly args: readonly string[];
}

/** Writes the files of one case, and says what to run on them. */
type Prepare = (draw: Draw) => Case;

const one = <T>(choices: readonly T[], draw: Draw): T => {
  const choice = choices[draw(choices.length)];
  if (choice === undefined) throw new RangeError('nothing to choose from');
  return choice;
};

/** Run a command that must succeed: the images that are then damaged. */
async function made(main: Main, args: readonly string[]): Promise<void> {
  const world = fakeWorld();
  const status = await main(args, world);
  if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}: ${world.said.stderr}`);
}

const small = smallFilesystem();
const filesystems = [small, smallFilesystem({ checksums: true })];
const SOURCE = file('source');
const OUT = file('out');
writeFileSync(SOURCE, small.bytes);

const MODES: Readonly<Record<string, () => Promise<Prepare>>> = {
  raw: async () => (draw) => {
    writeFileSync(file('hostile'), mutate(one(filesystems, draw), draw));
    const options = one(
      [['-r'], ['-ra'], ['-r', '--complete'], ['-Q'], ['-Qa', '--compress', 'zlib'], [], ['-r', '-b', '257']],
      draw,
    );
    return { main: e2image, args: [...options, file('hostile'), OUT] };
  },
  'qcow2-read': async () => {
    const images: Subject[] = [];
    for (const options of [
      ['-Qa'],
      ['-Qa', '--compress', 'zlib'],
      ['-Qa', '--qcow2-version', '3', '--cluster-size', '512'],
    ]) {
      await made(e2image, [...options, SOURCE, file('sound')]);
      images.push(qcow2Subject(new Uint8Array(readFileSync(file('sound')))));
      rmSync(file('sound'));
    }
    return (draw) => {
      writeFileSync(file('hostile'), mutate(one(images, draw), draw));
      const runs: Case[] = [
        { main: qcow2, args: ['check', file('hostile')] },
        { main: qcow2, args: ['map', file('hostile')] },
        { main: e2image, args: ['-r', file('hostile'), OUT] },
        { main: e2image, args: ['-Q', file('hostile'), OUT] },
      ];
      return one(runs, draw);
    };
  },
  restore: async () => {
    await made(e2image, [SOURCE, file('sound')]);
    const normal = normalSubject(new Uint8Array(readFileSync(file('sound'))));
    return (draw) => {
      writeFileSync(file('hostile'), mutate(draw(4) === 0 ? one(filesystems, draw) : normal, draw));
      writeFileSync(file('device'), small.bytes);
      const options = one([[], ['-n'], ['--force'], ['--drop-journal']], draw);
      return { main: restore, args: [...options, file('hostile'), file('device')] };
    };
  },
  scramble: async () => (draw) => {
    writeFileSync(file('hostile'), mutate(one(filesystems, draw), draw));
    const runs: Case[] = [
      { main: e2image, args: ['-rs', file('hostile'), OUT] },
      { main: e2image, args: ['-Qs', '--scramble-index', 'keep', file('hostile'), OUT] },
      { main: scramble, args: [file('hostile'), OUT] },
      { main: e2image, args: ['-s', file('hostile'), OUT] },
    ];
    return one(runs, draw);
  },
  'move-record': async () => {
    const states = await cutMoves(SOURCE, 96 * 1024, 12);
    return (draw) => {
      const { device, record } = one(states, draw);
      writeFileSync(file('hostile'), device);
      writeFileSync(file('hostile.e2move'), hostileRecord(record, draw));
      return { main: move, args: ['--resume', file('hostile')] };
    };
  },
};

/** Every status that a manual names. */
const STATUSES = [0, 1, 2, 3, 4, 63];

/** How many cases ended how, by names that `npm run fuzz` sums up. */
type Tally = Record<'done' | 'refused' | 'lossy', number>;

/** @returns what went wrong; undefined when nothing did */
async function attempt(prepare: Prepare, seed: number, tally: Tally): Promise<string | undefined> {
  for (const name of readdirSync(folder)) if (name !== 'source') rmSync(file(name));
  const { main, args } = prepare(dice(seed));
  const world = fakeWorld({ randomBytes: (length) => new Uint8Array(length).fill(9) });
  const started = performance.now();
  const status = await main(args, world).catch((error: unknown) => String(error));
  tally[status === 0 ? 'done' : status === 1 ? 'refused' : 'lossy']++;
  const milliseconds = performance.now() - started;
  const told = `${args.join(' ')}: status ${status}: ${world.said.stderr.slice(0, 500)}`;
  if (typeof status === 'string' || !STATUSES.includes(status)) return told;
  if (world.said.stderr.includes('this is a bug')) return told;
  if (milliseconds > PATIENCE) return `${Math.round(milliseconds)} ms: ${told}`;
  if (status === 1 && existsSync(OUT)) return `half an image: ${told}`;
  return undefined;
}

const memory = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

let dog: Watchdog | undefined;
let before = 0;
beforeAll(() => {
  dog = new Watchdog(4 * PATIENCE);
  before = memory();
});
afterAll(() => dog?.[Symbol.dispose]());

const NAME = 'every hostile file ends in time, with a documented status, in bounded memory, and without a bug';
test.each(Object.entries(MODES))(
  `%s: ${NAME}`,
  async (mode, open) => {
    const prepare = await open();
    const tally: Tally = { done: 0, refused: 0, lossy: 0 };
    const failures: string[] = [];
    const begin = performance.now();
    const first = ONLY === undefined ? SEED * 1_000_000 : Number(ONLY);
    const end = first + (ONLY === undefined ? CASES : 1);
    for (let seed = first; seed < end && failures.length < 5; seed++) {
      dog?.watch(seed);
      const failure = await attempt(prepare, seed, tally);
      dog?.watch(0);
      if (failure !== undefined) failures.push(`FUZZ_ONLY=${seed}: ${failure}`);
    }
    expect(failures).toEqual([]);
    expect(memory() - before).toBeLessThan(GROWTH);
    const counts = { ...tally, seconds: Math.round((performance.now() - begin) / 1000) };
    const lines = Object.entries(counts).map(([name, count]) => `count ${mode}-${name} ${count}`);
    console.log([...lines, `memory ${before} + ${memory() - before} MiB`].join('\n'));
  },
  3_600_000,
);
