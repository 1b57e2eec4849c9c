import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MoveRecord } from '@e2image/e2image-move/testing';
import { LoopDevice } from '../support/loop.ts';
import {
  bigSubject,
  fsckAt,
  layOut,
  lookBeside,
  lookInside,
  numbers,
  routeOf,
  type Subject,
  shootAt,
  stateOf,
} from '../support/moves.ts';
import { ours, ROOT } from '../support/oracle.ts';

// Run by `npm run prove -- --only move-kills`: the seed decides which moves are killed, and when.
const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const MIB = 1024 * 1024;
const MOVING = 20;
const STATES = ['started', 'copied', 'done'] as const;

let folder = '';
let subject: Subject;
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/prove-move-'));
  subject = bigSubject(join(folder, 'subject'), 96);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pick = numbers(SEED);
const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** A move to be killed: where it goes, and when. */
interface Shooting {
  readonly distance: number;
  readonly direction: 'right' | 'left';
  readonly home: 'beside' | 'inside';
  readonly when: (record: MoveRecord) => boolean;
  readonly delay: number;
}

function drawn(index: number, state?: MoveRecord['state']): Shooting {
  const distance = [512, MIB, 64 * MIB][index % 3] ?? 512;
  const sequence = 3 + Math.floor(pick() * (distance === 64 * MIB ? 12 : 20));
  return {
    distance,
    direction: pick() < 0.5 ? 'right' : 'left',
    home: distance > 512 && pick() < 0.4 ? 'inside' : 'beside',
    when: (record) => (state === undefined ? record.sequence >= sequence : record.state === state),
    delay: state === undefined ? pick() * 20 : 0,
  };
}

/** @returns the state in which the first run was killed; undefined when it was over before */
async function shoot({ distance, direction, home, when, delay }: Shooting): Promise<MoveRecord['state'] | undefined> {
  const image = join(folder, 'a.img');
  const route = routeOf(distance, direction);
  layOut(image, subject, route.from, Math.max(route.from, route.to) + subject.content.length);
  using loop = home === 'inside' ? LoopDevice.attach(image) : undefined;
  const device = loop?.path ?? image;
  const look = (): MoveRecord | undefined => (loop === undefined ? lookBeside(image) : lookInside(device, route));
  const where = ['-o', `${route.from}`, '-O', `${route.to}`, device];
  const fire = async (args: readonly string[], shot: Pick<Shooting, 'when' | 'delay'>) => {
    const { record } = await shootAt(args, look, { ...shot, signal: 'SIGKILL' });
    loop?.flush();
    const places = [route.from, route.to].map((place) => stateOf(image, place, subject));
    if (places.some(({ mounts, isWhole }) => mounts && !isWhole)) count('mounts-but-wrong');
    return record;
  };
  const record = await fire(where, { when, delay });
  if (record !== undefined && pick() < 0.34) {
    const next = record.sequence + Math.floor(pick() * 8);
    const again = await fire(['--resume', ...where], { when: ({ sequence }) => sequence >= next, delay: pick() * 10 });
    if (again !== undefined) count('resumes-killed');
  }
  finish(image, { route, where, isOpen: loop !== undefined || existsSync(`${image}.e2move`) });
  loop?.flush();
  const place = [route.to, route.from].find((offset) => stateOf(image, offset, subject).mounts);
  const isSaved = place !== undefined && stateOf(image, place, subject).isWhole && fsckAt(image, place).status === 0;
  count(isSaved ? 'saved' : 'lost');
  if (record !== undefined && place !== route.to && record.state !== 'started') count('not-moved');
  rmSync(`${image}.e2move`, { force: true });
  return record?.state;
}

function finish(image: string, { where, isOpen }: { route: unknown; where: readonly string[]; isOpen: boolean }): void {
  if (!isOpen) return;
  const { status, stderr } = ours(['--resume', ...where], { tool: 'e2image-move' });
  const isFine = status === 0 || /had not begun|no interrupted move|holds no record/.test(stderr);
  if (!isFine) throw new Error(`resume of ${image}: ${stderr}`);
}

test(`${MOVING} kills that landed while bytes move`, async () => {
  let landed = 0;
  for (let index = 0; landed < MOVING && index < 4 * MOVING; index++) {
    const state = await shoot(drawn(SEED + index));
    if (state !== 'copying' && state !== 'logged') continue;
    landed++;
    count(`killed-${state}`);
  }
  expect(landed).toBe(MOVING);
}, 900_000);

test('kills at every other transition of the record', async () => {
  for (let index = 0; index < 9; index++) {
    const state = await shoot(drawn(SEED + index, STATES[index % STATES.length]));
    if (state !== undefined) count(`killed-${state}`);
  }
}, 300_000);

test('the counts', () => {
  for (const what of ['lost', 'mounts-but-wrong', 'not-moved'])
    process.stdout.write(`count ${what} ${counts.get(what) ?? 0}\n`);
  for (const [what, number] of counts) {
    if (!['lost', 'mounts-but-wrong', 'not-moved'].includes(what)) process.stdout.write(`count ${what} ${number}\n`);
  }
  expect(counts.get('lost')).toBeUndefined();
  expect(counts.get('mounts-but-wrong')).toBeUndefined();
  expect(counts.get('not-moved')).toBeUndefined();
});
