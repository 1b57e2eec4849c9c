import { Buffer } from 'node:buffer';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import {
  cE2image,
  commandLine,
  debugfs,
  describeNeeds,
  dumpe2fs,
  e2fsck,
  type Outcome,
  ours,
  ROOT,
  run,
  tool,
} from '../support/oracle.ts';
import { junk, placesOf } from '../support/wipe.ts';

let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-normal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = [
  'ext4-1k',
  'ext4-2k',
  'ext4-4k',
  'ext4-64k',
  'ext2-1k',
  'ext3-4k',
  'inodes-of-1024',
  'bigalloc-16k',
  'no-flex-bg',
  '32bit',
  'meta-bg',
  'quota',
  'inline-data',
];

/** Things to ask debugfs of an image. Directories are not in it, so all files go by number. */
const REQUESTS = [
  'stat <2>',
  'stat <7>',
  'stat <8>',
  'stat <11>',
  'stat <12>',
  'stat <13>',
  'inode_dump <2>',
  'inode_dump <12>',
  'extents <8>',
  'ex <12>',
  'imap <2>',
  'imap <12>',
  'testi <2>',
  'testi <4000>',
  'testb 1',
  'testb 3000',
  'freefrag',
  'ffb 5',
  'ffi',
  'blocks <8>',
  'icheck 300',
  'show_super_stats -h',
  'bmap <8> 3',
];

/** Both normal images of a source. */
function both(source: string): { mine: string; theirs: string } {
  const mine = join(folder, 'mine');
  const theirs = join(folder, 'theirs');
  for (const image of [mine, theirs]) rmSync(image, { force: true });
  expect(cE2image([source, theirs])).toMatchObject({ status: 0 });
  expect(ours([source, mine])).toMatchObject({ status: 0 });
  return { mine, theirs };
}

/** Fields of the header about the host, the device and the time. */
const PERSONAL: readonly (readonly [from: number, to: number])[] = [
  [20, 84],
  [120, 188],
  [240, 256],
];

function impersonal(path: string): Uint8Array {
  const bytes = readFileSync(path);
  for (const [from, to] of PERSONAL) bytes.fill(0, from, to);
  return bytes;
}

/** What debugfs says, without the lines that name the image. */
function answers(image: string): string[] {
  return REQUESTS.map((request) => {
    const { stdout, stderr } = debugfs(['-i', '-R', request, image]);
    return `${request}: ${new TextDecoder('latin1').decode(stdout)}${stderr}`.replaceAll(image, 'IMAGE');
  });
}

const text = (outcome: Outcome): string => new TextDecoder('latin1').decode(outcome.stdout);

describeNeeds([...FIXTURE_NEEDS, 'e2image', 'dumpe2fs'], 'a normal image', () => {
  describe.each(NAMES)('of %s', (name) => {
    test('has the bytes of the C program but for host, device and time, and takes no more room', () => {
      const { mine, theirs } = both(fixture(name));
      expect(Buffer.compare(impersonal(mine), impersonal(theirs))).toBe(0);
      expect(statSync(mine).blocks).toBeLessThanOrEqual(statSync(theirs).blocks * 1.05 + 16);
    });

    test('looks the same to dumpe2fs -i and debugfs -i', () => {
      const { mine, theirs } = both(fixture(name));
      expect(text(dumpe2fs(['-i', mine]))).toBe(text(dumpe2fs(['-i', theirs])));
      expect(answers(mine)).toEqual(answers(theirs));
    });

    test('is put back by C -I as its own', () => {
      const source = fixture(name);
      const { mine, theirs } = both(source);
      const [a, b] = [mine, theirs].map((image) => {
        const device = copyOf(source, join(folder, 'device'));
        const places = placesOf(source);
        for (const kind of ['superblock', 'descriptors', 'bitmaps', 'inodeTables'] as const) {
          junk(device, places[kind], places.blockSize);
        }
        expect(cE2image(['-I', device, image])).toMatchObject({ status: 0 });
        return e2fsck(device);
      });
      expect(a).toEqual(b);
    });

    test('is the same on standard output', () => {
      const source = fixture(name);
      const file = join(folder, 'file');
      const stream = join(folder, 'stream');
      expect(ours([source, file])).toMatchObject({ status: 0 });
      const [program = '', ...args] = ['sh', '-c', '"$0" "$@" | cat >"$OUT"'];
      expect(run(program, [...args, ...commandLine(), source, '-'], { env: { OUT: stream } })).toMatchObject({
        status: 0,
      });
      expect(Buffer.compare(impersonal(stream), impersonal(file))).toBe(0);
    });
  });

  test('has all inodes of a group whose descriptor has a wrong checksum, whatever it says of unused ones', () => {
    const source = copyOf(fixture('ext4-1k'), join(folder, 'descriptor'));
    const per = Number(/^Inodes per group:\s+(\d+)$/m.exec(text(dumpe2fs([source])))?.[1]);
    debugfs(['-w', '-R', `set_bg 0 itable_unused ${per - 4}`, source]);
    const { mine, theirs } = both(source);
    expect(Buffer.compare(impersonal(mine), impersonal(theirs))).toBe(0);
    expect(text(debugfs(['-i', '-R', 'stat <12>', mine]))).toContain('Inode: 12');
  });

  test('names host and device as C does, and nobody with -s', () => {
    const source = fixture('ext4-1k');
    const { mine } = both(source);
    const header = readFileSync(mine).subarray(0, 332).toString('latin1');
    expect(header).toContain(hostname());
    expect(header).toContain(source.slice(0, 63));
    const secret = join(folder, 'secret');
    expect(ours(['-s', source, secret])).toMatchObject({ status: 0 });
    const hidden = readFileSync(secret).subarray(0, 332);
    expect([...hidden.subarray(20, 84), ...hidden.subarray(120, 188)].every((byte) => byte === 0)).toBe(true);
  });

  test('of an empty file system of 1 TiB costs what is in use', () => {
    const source = join(folder, 'huge');
    run('truncate', ['-s', '1T', source]);
    expect(tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-E', 'lazy_itable_init=1', source])).toMatchObject({ status: 0 });
    const image = join(folder, 'huge.image');
    expect(ours([source, image])).toMatchObject({ status: 0 });
    expect(statSync(image).size).toBeGreaterThan(17e9);
    expect(statSync(image).blocks * 512).toBeLessThan(50e6);
    const withoutJournal = (all: string): string =>
      all.replaceAll(/^(Journal|Total journal|Max trans|Fast commit).*\n/gm, '');
    expect(withoutJournal(text(dumpe2fs(['-i', image])))).toBe(withoutJournal(text(dumpe2fs([source]))));
    rmSync(source);
    rmSync(image);
  });

  test('whose inode tables pass 4 GiB is read by dumpe2fs and debugfs, to the last inode', () => {
    const source = join(folder, 'many-inodes');
    run('truncate', ['-s', '300G', source]);
    const made = tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-i', '8192', '-E', 'lazy_itable_init=1', source]);
    expect(made).toMatchObject({ status: 0 });
    const inode = 39321590;
    const input = [
      ...['flags 6', 'itable_unused 0', 'checksum calc'].map((setting) => `set_bg 2399 ${setting}`),
      `sif <${inode}> mode 0100600`,
      `sif <${inode}> links_count 1`,
      `sif <${inode}> size 4711`,
    ];
    debugfs(['-w', '-f', '-', source], { input: `${input.join('\n')}\n` });
    const image = join(folder, 'many-inodes.image');
    expect(ours([source, image])).toMatchObject({ status: 0 });
    for (const request of [`stat <${inode}>`, 'stat <2>', 'testb 100', 'testi <11>', 'ffb 3', 'show_super_stats']) {
      // The bitmap of that group was never written, so it has no checksum: -n.
      expect(text(debugfs(['-n', '-i', '-R', request, image]))).toBe(text(debugfs(['-n', '-R', request, source])));
    }
    expect(text(debugfs(['-n', '-R', `stat <${inode}>`, source]))).toContain('Size: 4711');
    rmSync(source);
    rmSync(image);
  });

  test('of a source that ends too early is made all the same, with status 3', () => {
    const source = copyOf(fixture('no-flex-bg'), join(folder, 'short'));
    const places = placesOf(source);
    const last = places.inodeTables.at(-1);
    if (last === undefined) throw new Error('no inode table');
    run('truncate', ['-s', `${(last.start + 1) * places.blockSize}`, source]);
    const image = join(folder, 'short.image');
    const outcome = ours([source, image]);
    expect(outcome).toMatchObject({ status: 3 });
    expect(outcome.stderr).toContain('inode table of group');
    expect(outcome.stderr).toMatch(/blocks? \d+.* cannot be read/);
    expect(text(dumpe2fs(['-i', image]))).toContain('Inode count:');
  });
});
