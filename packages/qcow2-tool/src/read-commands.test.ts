import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeWorld } from '@e2image/cli/testing';
import { encodeProvenance, planImage, writePlain } from '@e2image/qcow2';
import { main } from './main.ts';

const folder = mkdtempSync(join(tmpdir(), 'qcow2-tool-'));
const at = (name: string): string => join(folder, name);
const CLUSTER = 4096;

/** A disk of 16 clusters: the first three and the last hold data. */
const disk = new Uint8Array(16 * CLUSTER).fill(1, 0, 3 * CLUSTER).fill(2, 15 * CLUSTER);

async function image(): Promise<Uint8Array> {
  const runs = [
    { start: 0, count: 3 },
    { start: 15, count: 1 },
  ];
  const plan = planImage({ virtualSize: disk.length, clusterBits: 12, version: 2, runs });
  const bytes = new Uint8Array(plan.totalBytes);
  const source = {
    size: disk.length,
    readAt: (into: Uint8Array, offset: number) => into.set(disk.subarray(offset, offset + into.length)),
  };
  await writePlain(
    source,
    { isSequential: true, writeAt: (part, offset) => bytes.set(part, offset) },
    { plan, extensions: () => [encodeProvenance([{ offset: 8192, length: 512 }], 16)] },
  );
  return bytes;
}

beforeAll(async () => {
  writeFileSync(at('disk'), disk);
  writeFileSync(at('image'), await image());
});

afterAll(() => rmSync(folder, { recursive: true }));

async function run(...argv: string[]) {
  const world = fakeWorld({ program: 'qcow2' });
  const status = await main(argv, world);
  return { status, ...world.said };
}

describe('qcow2 info', () => {
  test('prints the header as JSON, and the ranges that were never read', async () => {
    const { status, stdout } = await run('info', '--json', at('image'));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      'virtual-size': disk.length,
      'cluster-size': CLUSTER,
      format: 'qcow2',
      'format-specific': { type: 'qcow2', data: { compat: '0.10', 'refcount-bits': 16 } },
      unread: [{ start: 8192, length: 512 }],
    });
  });

  test('prints it as text too', async () => {
    const { stdout } = await run('info', at('image'));
    expect(stdout).toContain('virtual size: 64 KiB (65536 bytes)\n');
    expect(stdout).toContain('cluster_size: 4096\n');
    expect(stdout).toContain('    data:\n        compat: 0.10\n');
  });

  test('refuses a file that is not an image, by its name', async () => {
    expect(await run('info', at('disk'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        `not a qcow2 image: it does not begin with 51 46 49 fb while trying to open ${at('disk')}`,
      ),
    });
  });
});

describe('qcow2 map', () => {
  test('has a line per extent as JSON', async () => {
    const { stdout } = await run('map', '--output=json', at('image'));
    expect(stdout.split('\n')).toHaveLength(4);
    expect(JSON.parse(stdout)).toMatchObject([
      { start: 0, length: 3 * CLUSTER, depth: 0, data: true, zero: false, compressed: false },
      { start: 3 * CLUSTER, length: 12 * CLUSTER, present: false, data: false, zero: true },
      { start: 15 * CLUSTER, length: CLUSTER, data: true },
    ]);
  });

  test('has a table of the data in words', async () => {
    const { stdout } = await run('map', at('image'));
    expect(stdout).toMatch(/^Offset +Length +Mapped to +File\n0 +0x3000 +0x[\da-f]+ +\S+\n0xf000 +0x1000 /);
  });

  test('knows two forms', async () => {
    expect(await run('map', '--output=xml', at('image'))).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('qcow2 check', () => {
  test('is 0 for a clean image', async () => {
    expect(await run('check', at('image'))).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^No errors were found on the image\.\n4\/16 = 25\.00% allocated, 0\.00% fragmented/,
      ),
    });
  });

  test('is 3 for a leak and 2 for a corruption, and names the cluster', async () => {
    const bytes = new Uint8Array(readFileSync(at('image')));
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigUint64(48));
    const block = Number(view.getBigUint64(table));
    const last = bytes.length / CLUSTER - 1;
    view.setUint16(block + last * 2, 2);
    writeFileSync(at('damaged'), bytes);
    // The refcount is not 1 any more, which the COPIED bit says: a corruption for qemu-img, too.
    expect(await run('check', at('damaged'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`Leaked cluster ${last}:`),
    });
    view.setUint16(block + last * 2, 1);
    view.setBigUint64(Number(view.getBigUint64(40)), 0n);
    writeFileSync(at('damaged'), bytes);
    const { status, stdout } = await run('check', '--json', '-q', at('damaged'));
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ leaks: 5, 'check-errors': 0, findings: expect.any(Array) });
  });

  test('is 63 for a file that is not an image, and 1 for a file that does not exist', async () => {
    expect((await run('check', at('disk'))).status).toBe(63);
    expect((await run('check', at('gone'))).status).toBe(1);
  });
});

describe('qcow2 compare', () => {
  test('is 0 for the same bytes, 1 and the first byte for others', async () => {
    expect(await run('compare', at('disk'), at('image'))).toMatchObject({
      status: 0,
      stdout: 'Images are identical.\n',
    });
    writeFileSync(at('other'), disk.slice().fill(9, 40_000, 40_001));
    expect(await run('compare', at('other'), at('image'))).toMatchObject({
      status: 1,
      stdout: 'Content mismatch at offset 40000!\n',
    });
  });

  test('counts a shorter disk as followed by zeros, unless it is strict', async () => {
    const longer = new Uint8Array(disk.length + 1000);
    longer.set(disk);
    writeFileSync(at('longer'), longer);
    expect(await run('compare', at('longer'), at('image'))).toMatchObject({
      status: 0,
      stdout: 'Warning: Image size mismatch!\nImages are identical.\n',
    });
    expect((await run('compare', '-s', at('longer'), at('image'))).status).toBe(1);
    longer[disk.length + 500] = 1;
    writeFileSync(at('longer'), longer);
    expect(await run('compare', at('image'), at('longer'))).toMatchObject({
      status: 1,
      stdout: `Warning: Image size mismatch!\nContent mismatch at offset ${disk.length + 500}!\n`,
    });
  });

  test('is 2 when the disks could not be compared', async () => {
    expect((await run('compare', at('gone'), at('image'))).status).toBe(2);
    expect((await run('compare', at('image'))).status).toBe(2);
    expect((await run('compare', '--nonsense')).status).toBe(2);
    expect((await run('compare', '-f', 'qcow2', at('disk'), at('image'))).status).toBe(2);
  });

  test('answers --help with 0', async () => {
    expect((await run('compare', '--help')).status).toBe(0);
  });
});
