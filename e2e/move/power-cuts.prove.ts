import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeWorld } from '@e2image/cli/testing';
import { openMove } from '@e2image/e2image-move';
import { cutPower, type MoveRecord, traceMove } from '@e2image/e2image-move/testing';
import { LoopDevice } from '../support/loop.ts';
import {
  bigSubject,
  fsckAt,
  layOut,
  lookBeside,
  numbers,
  routeOf,
  type Subject,
  shootAt,
  stateOf,
} from '../support/moves.ts';
import { ours, ROOT } from '../support/oracle.ts';

// Run by `npm run prove -- --only move-power-cuts`: the seed decides when the power goes, and what the disks keep.
const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const MIB = 1024 * 1024;
const CUTS = 4;

const ROUTES = [512, MIB, 64 * MIB].flatMap((distance) =>
  (['right', 'left'] as const).flatMap((direction) =>
    (['beside', 'inside'] as const)
      .filter((home) => home === 'beside' || distance > 512)
      .map((home) => ({ distance, direction, home })),
  ),
);

let folder = '';
let subject: Subject;
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/prove-cuts-'));
  subject = bigSubject(join(folder, 'subject'), 96);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pick = numbers(SEED);
const counts = { cuts: 0, lost: 0, 'mounts-but-wrong': 0, 'resumes-killed': 0, 'not-begun': 0 };

test.each(ROUTES)(
  '$distance bytes to the $direction, record $home',
  async ({ distance, direction, home }) => {
    const image = join(folder, 'a.img');
    const journal = home === 'beside' ? `${image}.e2move` : undefined;
    const route = routeOf(distance, direction);
    layOut(image, subject, route.from, Math.max(route.from, route.to) + subject.content.length);
    const trace = await traced(image, journal, route);
    const { length } = trace.operations;
    // Drawn anywhere, and once near the end, where the superblock comes back.
    const moments = Array.from({ length: CUTS }, (_, i) =>
      i === 0 ? length - Math.floor(pick() * 8) : Math.floor(pick() * length),
    );
    moments.sort((a, b) => a - b);
    const sectorSize = pick() < 0.5 ? 512 : 4096;
    for (const [device, file] of cutPower(trace, moments, { sectorSize, pick })) {
      counts.cuts++;
      writeFileSync(image, device ?? '');
      if (journal !== undefined) writeFileSync(journal, file ?? '');
      const places = [route.from, route.to].map((place) => stateOf(image, place, subject));
      if (places.some(({ mounts, isWhole }) => mounts && !isWhole)) counts['mounts-but-wrong']++;
      await finish(image, journal, route);
      const place = [route.to, route.from].find((offset) => stateOf(image, offset, subject).mounts);
      const isSaved =
        place !== undefined && stateOf(image, place, subject).isWhole && fsckAt(image, place).status === 0;
      if (!isSaved) counts.lost++;
      if (journal !== undefined) rmSync(journal, { force: true });
    }
  },
  600_000,
);

async function traced(image: string, journal: string | undefined, { from, to }: ReturnType<typeof routeOf>) {
  const id = Uint8Array.from({ length: 16 }, () => Math.floor(pick() * 256));
  using plan = await openMove({ device: image, from, to }, fakeWorld({ randomBytes: () => id }));
  return traceMove(plan.task, readFileSync(image), journal);
}

/** By the real program, whose resume is killed now and then, and resumed. */
async function finish(
  image: string,
  journal: string | undefined,
  { from, to }: ReturnType<typeof routeOf>,
): Promise<void> {
  using loop = journal === undefined ? LoopDevice.attach(image) : undefined;
  const args = ['--resume', '-o', `${from}`, '-O', `${to}`, loop?.path ?? image];
  if (journal !== undefined && pick() < 0.34) {
    const next = 1 + (lookBeside(image)?.sequence ?? 0) + Math.floor(pick() * 4);
    const when = ({ sequence }: MoveRecord): boolean => sequence >= next;
    const { record } = await shootAt(args, () => lookBeside(image), { signal: 'SIGKILL', when, delay: pick() * 5 });
    if (record !== undefined) counts['resumes-killed']++;
    if (!existsSync(journal)) return;
  }
  const { status, stderr } = ours(args, { tool: 'e2image-move' });
  if (status === 0) return;
  if (!/had not begun|no interrupted move|holds no record/.test(stderr)) throw new Error(stderr);
  counts['not-begun']++;
}

test('the counts', () => {
  for (const [what, number] of Object.entries(counts)) process.stdout.write(`count ${what} ${number}\n`);
  expect(counts).toMatchObject({ lost: 0, 'mounts-but-wrong': 0 });
});
