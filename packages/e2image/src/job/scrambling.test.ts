import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '@e2image/sparse-io/testing';
import { BLOCK, memoryJob } from '../testing/memory-job.ts';
import { sayHidden } from './scrambling.ts';

/** The root folder as a job of this command line shows it. */
async function rootOf(line: string): Promise<string> {
  const { job } = await memoryJob(line);
  const root = new Uint8Array(BLOCK);
  job.source.readAt(root, 40 * BLOCK);
  return new TextDecoder('latin1').decode(root);
}

describe('prepareScrambling', () => {
  test('makes the same names from the same key, and others from another key', async () => {
    using folder = tempFolder();
    const key = (name: string, byte: number): string => {
      writeFileSync(join(folder.path, name), new Uint8Array(16).fill(byte));
      return join(folder.path, name);
    };
    const [a, b] = [key('a', 1), key('b', 2)];
    const first = await rootOf(`-rs --scramble-key ${a} dev img`);
    expect(first).not.toContain('secret');
    expect(await rootOf(`-rs --scramble-key ${a} dev img`)).toBe(first);
    expect(await rootOf(`-rs --scramble-key ${b} dev img`)).not.toBe(first);
  });

  test('does nothing without -s', async () => {
    expect((await memoryJob('-r dev img')).job.scrambler).toBeUndefined();
    expect(await rootOf('-r dev img')).toContain('secret');
  });
});

describe('sayHidden', () => {
  test('prints what was hidden, and what stays visible', async () => {
    const { job, world } = await memoryJob('-rs dev img');
    job.source.readAt(new Uint8Array(BLOCK), 40 * BLOCK);
    await sayHidden(job.scrambler, world);
    expect(world.said.stderr).toMatch(/^e2image: hidden: .*1 name.*\ne2image: still visible: .+\n$/);
  });

  test('prints that nothing was hidden', async () => {
    const { job, world } = await memoryJob('-rs dev img');
    await sayHidden(job.scrambler, world);
    expect(world.said.stderr).toMatch(/^e2image: hidden: nothing\n/);
  });

  test('is silent without -s', async () => {
    const { job, world } = await memoryJob('-r dev img');
    await sayHidden(job.scrambler, world);
    expect(world.said.stderr).toBe('');
  });
});
