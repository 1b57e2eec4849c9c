import { fakeWorld } from '../testing.ts';
import { startProgress } from './progress.ts';

const MIB = 2 ** 20;

/** What a line looks like after its backspaces and carriage returns were carried out. */
function onScreen(text: string): string {
  const cells: string[] = [];
  let at = 0;
  for (const character of text) {
    if (character === '\b') at = Math.max(0, at - 1);
    else if (character === '\r') at = 0;
    else cells[at++] = character;
  }
  return cells.join('');
}

describe('startProgress off a terminal', () => {
  test('rewrites its line at most once a second, and shows the remaining time after five seconds', async () => {
    const world = fakeWorld();
    const progress = await startProgress(world, { total: 1000, unitSize: MIB });
    expect(world.said.stderr).toBe('Copying 0 / 1000 blocks (0%)');
    world.clock.now = 999;
    progress.update(100);
    expect(onScreen(world.said.stderr)).toBe('Copying 0 / 1000 blocks (0%)');
    world.clock.now = 2000;
    progress.update(200);
    progress.update(201);
    expect(onScreen(world.said.stderr)).toBe('Copying 200 / 1000 blocks (20%)');
    world.clock.now = 10_000;
    progress.update(500);
    expect(onScreen(world.said.stderr)).toBe('Copying 500 / 1000 blocks (50%) 00:00:10 remaining at 50.00 MB/s');
    world.clock.now = 3_725_000;
    progress.finish(1000);
    expect(world.said.stderr).toMatch(/\rCopied 1000 \/ 1000 blocks \(100%\) in 01:02:05 at 0\.27 MB\/s {7}\n$/);
  });

  test('a shorter text leaves nothing of a longer one, and the next is erased to the letter', async () => {
    const world = fakeWorld();
    const progress = await startProgress(world, { total: 1e6, unitSize: MIB });
    const line = (text: string): string => `Copying ${text} blocks (90%)`;
    world.clock.now = 6000;
    progress.update(900_000);
    expect(onScreen(world.said.stderr)).toBe(`${line('900000 / 1000000')} 00:00:00 remaining at 150000.00 MB/s`);
    world.clock.now = 36_000;
    progress.update(900_001);
    expect(onScreen(world.said.stderr)).toBe(`${line('900001 / 1000000')} 00:00:03 remaining at 25000.03 MB/s `);
    world.clock.now = 360_000;
    progress.update(900_002);
    expect(onScreen(world.said.stderr)).toBe(`${line('900002 / 1000000')} 00:00:39 remaining at 2500.01 MB/s  `);
  });

  test('the last line has no rate before a second is over, and its numbers are those given', async () => {
    const world = fakeWorld();
    const progress = await startProgress(world, { total: 8, unitSize: MIB });
    world.clock.now = 999;
    progress.finish(7);
    expect(world.said.stderr).toBe('Copying 0 / 8 blocks (0%)\rCopied 7 / 8 blocks (88%) in 00:00:00        \n');
  });

  test('nothing to do is all done, and an unknown total has no percentage', async () => {
    const empty = fakeWorld();
    (await startProgress(empty, { total: 0, unitSize: MIB })).finish(0);
    expect(empty.said.stderr).toContain('Copied 0 / 0 blocks (100%)');
    const stream = fakeWorld({ stderrIsTerminal: true });
    (await startProgress(stream, { unitSize: MIB, unit: 'MiB' })).finish(12);
    expect(stream.said.stderr).toContain('Copied 12 MiB in 00:00:00');
  });
});

test('on a terminal a bar is drawn, and the last line is the same', async () => {
  const world = fakeWorld({ stderrIsTerminal: true });
  const progress = await startProgress(world, { total: 100, unitSize: MIB });
  world.clock.now = 2000;
  progress.update(50);
  progress.finish(100);
  expect(world.said.stderr).toContain('Copying');
  expect(world.said.stderr).toMatch(/\rCopied 100 \/ 100 blocks \(100%\) in 00:00:02 at 50\.00 MB\/s {7}\n$/);
  expect(world.said.stdout).toBe('');
});
