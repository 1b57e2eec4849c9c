import { Buffer } from 'node:buffer';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MoveRecord } from '@e2image/e2image-move/testing';
import { digest } from '../support/file-bytes.ts';
import { copyOf, FIXTURE_NEEDS, fixture, recipesOfThisRun } from '../support/fixtures.ts';
import { LoopDevice, Mount } from '../support/loop.ts';
import {
  bigSubject,
  commandIn,
  fsckAt,
  fsckCopyOf,
  layOut,
  lookBeside,
  lookInside,
  numbers,
  Reader,
  type Route,
  routeOf,
  type ShotOutcome,
  type Subject,
  shootAt,
  stateOf,
  subjectOf,
} from '../support/moves.ts';
import { describeNeeds, e2fsck, type Outcome, ours, ROOT, type RunOptions, testNeeds } from '../support/oracle.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const DISTANCES = [512, 3584, MIB, 40 * MIB];
const BOTH = ['right', 'left'] as const;

const move = (args: readonly (string | number)[], options: RunOptions = {}): Outcome =>
  ours(args.map(String), { ...options, tool: 'e2image-move' });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, 'dist/e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (): string => join(folder, 'a.img');
const journal = (): string => `${file()}.e2move`;
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

const offsets = ({ from, to }: Route): (string | number)[] => ['-o', from, '-O', to];

/** The one place that mounts is the new one, and it is whole. */
function expectMoved(path: string, { to }: Route, subject: Subject): void {
  expect(stateOf(path, to, subject)).toEqual({ mounts: true, isWhole: true });
  expect(fsckAt(path, to)).toMatchObject({ status: 0 });
}

describeNeeds(FIXTURE_NEEDS, 'a move in an image file', () => {
  let subject: Subject;
  beforeAll(() => {
    subject = subjectOf(fixture('ext4-1k'));
  });

  test.each(DISTANCES.flatMap((distance) => BOTH.map((direction) => [distance, direction] as const)))(
    'by %d bytes to the %s keeps every used byte, and nothing else is touched',
    (distance, direction) => {
      const route = routeOf(distance, direction);
      layOut(file(), subject, route.from);
      const length = statSync(file()).size;
      expect(move([...offsets(route), file()])).toMatchObject({ status: 0 });
      expectMoved(file(), route, subject);
      expect(statSync(file()).size).toBe(Math.max(length, route.to + subject.content.length));
      expect(existsSync(journal())).toBe(false);
      using reader = new Reader(file());
      const lead = Math.min(route.from, route.to);
      expect(Buffer.compare(reader.read(0, lead), Buffer.alloc(lead, 0x5a))).toBe(0);
    },
  );

  test('leaves what follows the file system alone', () => {
    layOut(file(), subject, MIB, MIB + subject.content.length + 4096);
    const tail = Buffer.alloc(4096, 0xa5);
    writeFileSync(file(), Buffer.concat([readFileSync(file()).subarray(0, -4096), tail]));
    expect(move(['-o', MIB, file()])).toMatchObject({ status: 0 });
    expectMoved(file(), { from: MIB, to: 0 }, subject);
    expect(Buffer.compare(readFileSync(file()).subarray(-4096), tail)).toBe(0);
  });

  test('says what it would do, and changes nothing', () => {
    layOut(file(), subject, 0);
    const before = digest(file());
    const outcome = move(['-n', '-O', MIB, file()]);
    expect(outcome.status).toBe(0);
    expect(new TextDecoder().decode(outcome.stdout)).toContain(`to byte: ${MIB}\n`);
    expect(digest(file())).toBe(before);
    expect(readdirSync(folder)).toEqual(['a.img']);
  });

  test('is what the drop-in does with one operand; -c counts the blocks that were equal already', () => {
    layOut(file(), subject, 0);
    const there = ours(['-rac', '-O', `${40 * MIB}`, file()]);
    expect(there.status).toBe(0);
    expectMoved(file(), { from: 0, to: 40 * MIB }, subject);
    const back = ours(['-rac', '-o', `${40 * MIB}`, file()]);
    expect(back.status).toBe(0);
    expectMoved(file(), { from: 40 * MIB, to: 0 }, subject);
    const [, count] =
      /^(\d+) blocks already contained the data to be copied$/m.exec(new TextDecoder().decode(back.stdout)) ?? [];
    // The old place still holds everything but the superblock.
    const used = subject.used.reduce((sum, { from, to }) => sum + to - from, 0) / 1024;
    expect(Number(count)).toBeGreaterThan(used - 10);
  });

  test('shows progress in positions', () => {
    layOut(file(), subject, 0);
    const { status, stderr } = move(['-p', '-O', MIB, file()]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/Copied 24576 \/ 24576 blocks \(100%\) in/);
  });

  describe('that is interrupted', () => {
    let large: Subject;
    beforeAll(() => {
      large = bigSubject(join(folder, 'large'), 96);
    });

    test.each(['SIGINT', 'SIGTERM'] as const)('ends of %s after a batch, and says how to continue', async (signal) => {
      const route = routeOf(512, 'right');
      const args = [...offsets(route).map(String), file()];
      const when = ({ state }: MoveRecord): boolean => state === 'copying';
      const shoot = (): Promise<ShotOutcome> => {
        layOut(file(), large, route.from);
        return shootAt(args, () => lookBeside(file()), { signal, when });
      };
      let outcome = await shoot();
      // On a busy machine the move may be over before the signal is seen.
      for (let tries = 1; outcome.record === undefined && tries < 5; tries++) outcome = await shoot();
      expect(outcome.signal).toBe(signal);
      expect(outcome.record?.state).toBe('copying');
      expect(stateOf(file(), route.from, large).mounts || stateOf(file(), route.to, large).mounts).toBe(false);
      expect(move([...offsets(route), file()])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('was interrupted here; finish it with: e2image-move --resume'),
      });
      expect(move(commandIn(outcome.stderr))).toMatchObject({ status: 0 });
      expectMoved(file(), route, large);
    });
  });
});

describeNeeds(FIXTURE_NEEDS, 'e2fsck finds in the new place what it found in the old one', () => {
  test.each(recipesOfThisRun().filter(({ cRefuses }) => !cRefuses))('$name', (recipe) => {
    const image = fixture(recipe);
    copyOf(image, file());
    const before = e2fsck(image);
    expect(move(['-O', 4608, file()])).toMatchObject({ status: 0 });
    const after = recipe.name.startsWith('mmp') ? fsckCopyOf(file(), 4608, join(folder, 'copy')) : fsckAt(file(), 4608);
    expect({ ...after, text: after.text.replaceAll('?offset=4608', '') }).toEqual(before);
  });
});

describeNeeds([...FIXTURE_NEEDS, 'loop'], 'a move on a device', () => {
  let subject: Subject;
  let length = 0;
  beforeAll(() => {
    subject = subjectOf(fixture('ext4-4k'));
    length = subject.content.length;
  });

  test.each([MIB, 40 * MIB].flatMap((distance) => BOTH.map((direction) => [distance, direction] as const)))(
    'by %d bytes to the %s keeps its record inside and leaves none',
    (distance, direction) => {
      const route = routeOf(distance, direction, MIB);
      layOut(file(), subject, route.from, Math.max(route.from, route.to) + length + MIB);
      using loop = LoopDevice.attach(file());
      const outcome = move([...offsets(route), loop.path]);
      expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining('inside the device') });
      loop.flush();
      expectMoved(file(), route, subject);
      expect(move(['--resume', ...offsets(route), loop.path])).toMatchObject({ status: 1 });
    },
  );

  test('by a sector needs a journal, and takes one', () => {
    layOut(file(), subject, 0, length + MIB);
    using loop = LoopDevice.attach(file());
    const before = digest(file());
    expect(move(['-O', 512, loop.path])).toMatchObject({ status: 1, stderr: expect.stringContaining('--journal') });
    expect(digest(file())).toBe(before);
    expect(move(['-O', 512, '--journal', join(folder, 'j'), loop.path])).toMatchObject({ status: 0 });
    loop.flush();
    expectMoved(file(), { from: 0, to: 512 }, subject);
  });

  test('is refused while it is mounted, read-only or too small', () => {
    layOut(file(), subject, 0, length + MIB);
    const before = digest(file());
    {
      using loop = LoopDevice.attach(file());
      using mount = Mount.on(loop.path, 'ro');
      expect(move(['-O', MIB, loop.path]).stderr).toContain(`is mounted on ${mount.path}`);
      expect(move(['-O', MIB, file()]).stderr).toContain(`is mounted on ${mount.path}`);
    }
    {
      using loop = LoopDevice.attach(file(), { readOnly: true });
      expect(move(['-O', MIB, loop.path])).toMatchObject({ status: 1 });
    }
    {
      using loop = LoopDevice.attach(file());
      expect(move(['-O', MIB + 512, loop.path]).stderr).toContain('the file system would end at byte');
    }
    expect(digest(file())).toBe(before);
  });

  test('that was killed is found by its marker, and the command in the message finishes it', async () => {
    const route = routeOf(MIB, 'left', 0);
    layOut(file(), subject, route.from);
    using loop = LoopDevice.attach(file());
    const args = [...offsets(route).map(String), loop.path];
    const when = ({ sequence }: MoveRecord): boolean => sequence >= 8;
    const shoot = (): Promise<ShotOutcome> =>
      shootAt(args, () => lookInside(loop.path, route), { signal: 'SIGKILL', when });
    let outcome = await shoot();
    for (let tries = 1; outcome.record === undefined && tries < 5; tries++) {
      layOut(file(), subject, route.from);
      loop.flush();
      outcome = await shoot();
    }
    expect(outcome.record?.state).toBe('copying');
    const again = move([...offsets(route), loop.path]);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('was interrupted here') });
    expect(move(commandIn(again.stderr))).toMatchObject({ status: 0 });
    loop.flush();
    expectMoved(file(), route, subject);
  });
});

testNeeds(
  FIXTURE_NEEDS,
  '20 kills while bytes move, a third of the resumes killed again, lose nothing',
  async () => {
    const subject = subjectOf(fixture('ext4-1k'));
    const pick = numbers(7);
    const look = (): MoveRecord | undefined => lookBeside(file());
    const counts = { landed: 0, again: 0 };
    for (let shot = 0; counts.landed < 20 && shot < 200; shot++) {
      const route = routeOf(DISTANCES[shot % 3] ?? 512, BOTH[shot % 2] ?? 'right');
      layOut(file(), subject, route.from);
      const shoot = async (args: readonly string[], sequence: number): Promise<boolean> => {
        const when = (at: MoveRecord): boolean => at.sequence >= sequence;
        const { record } = await shootAt(args, look, { signal: 'SIGKILL', when, delay: pick() * 8 });
        const places = [route.from, route.to].map((place) => stateOf(file(), place, subject));
        expect(places.filter(({ mounts, isWhole }) => mounts && !isWhole)).toEqual([]);
        return record !== undefined && record.state !== 'started';
      };
      if (await shoot([...offsets(route).map(String), file()], 2 + Math.floor(pick() * 6))) {
        counts.landed++;
        const resume = ['--resume', file()];
        const next = (existsSync(journal()) ? (look()?.sequence ?? 0) : 0) + Math.floor(pick() * 3);
        if (pick() < 0.34 && (await shoot(resume, next))) counts.again++;
        if (existsSync(journal())) expect(move(resume)).toMatchObject({ status: 0 });
      } else if (existsSync(journal())) {
        rmSync(journal());
        continue;
      }
      expectMoved(file(), route, subject);
    }
    expect(counts.landed).toBe(20);
  },
  240_000,
);
