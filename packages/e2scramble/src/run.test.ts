import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { tempFolder } from '@e2image/sparse-io/testing';
import type { ScramblePlan } from './plan.ts';
import { runScramble } from './run.ts';

/** An image of a small file system in a folder of its own, and a run that scrambles it. */
function scene(prepare: (tiny: TinyFilesystem) => void = () => {}) {
  const folder = tempFolder();
  const tiny = new TinyFilesystem();
  tiny.mapped(2, 'directory', { 0: 40 });
  prepare(tiny);
  writeFileSync(folder.file('image'), tiny.bytes);
  const world = fakeWorld();
  const run = (change: Partial<ScramblePlan> = {}) =>
    runScramble(
      {
        image: folder.file('image'),
        out: folder.file('out'),
        format: undefined,
        index: 'fresh',
        keyFile: undefined,
        isProgressWanted: false,
        isForced: false,
        spoolFolder: undefined,
        ...change,
      },
      world,
    );
  return { folder, tiny, world, run, out: folder.file('out'), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

test('a raw image gives a raw one, as long as the file system, and a report', async () => {
  using scramble = scene();
  expect(await scramble.run()).toBe(0);
  const bytes = readFileSync(scramble.out);
  expect(bytes).toHaveLength(scramble.tiny.size);
  expect(bytes.readUInt16LE(1024 + 0x38)).toBe(0xef53);
  expect(scramble.world.said.stderr).toMatch(/hidden: .*\n.*what stays visible: /);
});

test('a raw image gives a QCOW2 one if that is asked for', async () => {
  using scramble = scene();
  expect(await scramble.run({ format: 'qcow2' })).toBe(0);
  expect(readFileSync(scramble.out).subarray(0, 4).toString('latin1')).toBe('QFI\u{fb}');
});

test('a QCOW2 image gives a QCOW2 one, or a raw one if that is asked for', async () => {
  using scramble = scene();
  await scramble.run({ format: 'qcow2' });
  const again = { image: scramble.out, out: scramble.folder.file('again') };
  expect(await scramble.run(again)).toBe(0);
  expect(readFileSync(again.out).subarray(0, 4).toString('latin1')).toBe('QFI\u{fb}');
  expect(await scramble.run({ ...again, format: 'raw' })).toBe(0);
  expect(readFileSync(again.out)).toHaveLength(scramble.tiny.size);
});

test('what is not a file system is refused with its name, and makes no file', async () => {
  using scramble = scene((tiny) => tiny.bytes.fill(0));
  await expect(scramble.run()).rejects.toMatchObject({
    code: 'CLI_FAILED',
    message: expect.stringContaining(`while trying to open ${scramble.folder.file('image')}`),
  });
  expect(existsSync(scramble.out)).toBe(false);
});

test('a key that cannot be read ends it before anything is made', async () => {
  using scramble = scene();
  await expect(scramble.run({ keyFile: scramble.folder.file('none') })).rejects.toMatchObject({ code: 'CLI_FAILED' });
  expect(existsSync(scramble.out)).toBe(false);
});

test('an image that lacks metadata at its end gives one of the whole length, and the status 3', async () => {
  using scramble = scene();
  // Block 261 holds the block bitmap of the second group.
  writeFileSync(scramble.folder.file('image'), scramble.tiny.bytes.subarray(0, 261 * 1024));
  expect(await scramble.run()).toBe(3);
  expect(readFileSync(scramble.out)).toHaveLength(scramble.tiny.size);
});
