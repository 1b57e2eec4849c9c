import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUPERBLOCK_OFFSET, superblockLayout } from '@e2image/ext-core/structures';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { commandLine, describeNeeds, ours, run } from '../support/oracle.ts';

type Fields = Partial<Record<Exclude<keyof typeof superblockLayout, 's_uuid'>, number>>;

/** A superblock with wrong numbers, in words; and the length of the file, where it is not that of the fixture. */
interface Lie {
  readonly what: string;
  readonly fields: Fields;
  readonly size?: number;
}
const TIB = 2 ** 40;
const LIES: readonly Lie[] = [
  { what: '2^32 - 1 blocks on a disk of 24 MiB', fields: { s_blocks_count_lo: 0xffff_ffff } },
  {
    what: '2^32 - 1 blocks on a disk that has them, all zeros',
    fields: { s_blocks_count_lo: 0xffff_ffff },
    size: 4 * TIB,
  },
  { what: '2^48 blocks', fields: { s_blocks_count_hi: 0xffff } },
  { what: '2^64 - 1 blocks', fields: { s_blocks_count_lo: 0xffff_ffff, s_blocks_count_hi: 0xffff_ffff } },
  {
    what: '2^29 groups of 8 blocks',
    fields: { s_blocks_count_lo: 0xffff_ffff, s_blocks_per_group: 8, s_clusters_per_group: 8 },
  },
  {
    what: '2^21 groups',
    fields: { s_blocks_count_lo: 0xffff_ffff, s_blocks_per_group: 2048, s_clusters_per_group: 2048 },
    size: 4 * TIB,
  },
  { what: 'blocks of 2^41 bytes', fields: { s_log_block_size: 31 } },
  { what: 'clusters of 2^41 bytes', fields: { s_log_cluster_size: 31 } },
  {
    what: '2^28 groups of 16 blocks and 8 inodes',
    fields: {
      s_blocks_count_lo: 0xffff_fff1,
      s_blocks_per_group: 16,
      s_clusters_per_group: 16,
      s_inodes_per_group: 8,
    },
  },
  { what: 'no blocks in a group', fields: { s_blocks_per_group: 0 } },
  { what: 'no inodes in a group', fields: { s_inodes_per_group: 0 } },
  { what: '2^32 - 1 inodes in a group', fields: { s_inodes_per_group: 0xffff_ffff } },
  { what: '65,536 inodes in a group', fields: { s_inodes_per_group: 65_536, s_inodes_count: 3 * 65_536 } },
  { what: 'inodes of no bytes', fields: { s_inode_size: 0 } },
  { what: 'inodes of 32,768 bytes', fields: { s_inode_size: 0x8000 } },
  { what: 'descriptors of 32,768 bytes', fields: { s_desc_size: 0x8000 } },
  { what: 'a first block past the end', fields: { s_first_data_block: 0xffff_0000 } },
  { what: '65,535 reserved descriptor blocks', fields: { s_reserved_gdt_blocks: 0xffff } },
  { what: 'a journal in inode 2^32 - 1', fields: { s_journal_inum: 0xffff_ffff } },
  { what: 'unlinked inodes from 2^32 - 1 on', fields: { s_last_orphan: 0xffff_ffff } },
  {
    what: 'descriptors outside the disk (meta_bg from 0 on)',
    fields: { s_feature_incompat: 0x2d2, s_first_meta_bg: 0, s_blocks_count_lo: 0x4000_0000 },
  },
];
const FORMATS = { raw: ['-r'], 'raw with data': ['-ra'], QCOW2: ['-Q'], normal: [], scrambled: ['-rs'] };

/** A number of inodes that agrees with the other wrong numbers, or is as near as 32 bits allow. */
function inodesOf(view: DataView): number {
  const f = superblockLayout;
  const blocks = f.s_blocks_count_hi.get(view, 0) * 2 ** 32 + f.s_blocks_count_lo.get(view, 0);
  const groups = Math.ceil(
    (blocks - f.s_first_data_block.get(view, 0)) / Math.max(1, f.s_blocks_per_group.get(view, 0)),
  );
  return Math.max(0, Math.min(2 ** 32 - 1, groups * f.s_inodes_per_group.get(view, 0)));
}

/** Seconds of processor time and MiB that no file may cost. */
const SECONDS = 10;
const MEMORY = 256;
const hasTime = existsSync('/usr/bin/time');

describeNeeds(FIXTURE_NEEDS, 'a lying superblock', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-lying-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function lie({ fields, size }: Lie): string {
    const path = copyOf(fixture('ext4-1k'), file('source'));
    if (size !== undefined) truncateSync(path, size);
    const fd = openSync(path, 'r+');
    const bytes = new Uint8Array(1024);
    readSync(fd, bytes, 0, 1024, SUPERBLOCK_OFFSET);
    const view = new DataView(bytes.buffer);
    for (const [name, value] of Object.entries(fields)) {
      const field = superblockLayout[name as keyof typeof superblockLayout];
      if ('set' in field) field.set(view, 0, value);
    }
    if (fields.s_inodes_count === undefined) superblockLayout.s_inodes_count.set(view, 0, inodesOf(view));
    writeSync(fd, bytes, 0, 1024, SUPERBLOCK_OFFSET);
    closeSync(fd);
    return path;
  }
  const test_ = hasTime ? test.each(LIES) : test.skip.each(LIES);

  test_('$what: bounded time and memory, and no half image', (what) => {
    const source = lie(what);
    const [program, ...leading] = commandLine();
    for (const [format, options] of Object.entries(FORMATS)) {
      rmSync(file('image'), { force: true });
      const words = ['-f', '%U %S %M', '-o', file('cost'), program, ...leading, ...options, source, file('image')];
      const { status, signal, stderr } = run('/usr/bin/time', words, { timeout: 60_000 });
      const [user = 0, system = 0, kib = 0] =
        readFileSync(file('cost'), 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
      expect({ format, signal, stderr: stderr.slice(0, 2000) }).toEqual({
        format,
        signal: null,
        stderr: expect.not.stringMatching(/this is a bug| {4}at /),
      });
      expect([0, 1, 3]).toContain(status);
      expect(existsSync(file('image'))).toBe(status !== 1);
      expect(user + system).toBeLessThan(SECONDS);
      expect(kib / 1024).toBeLessThan(MEMORY);
    }
  });

  test('a QCOW2 disk that ends before its file system is a short source, and no bug', () => {
    expect(ours(['-Qa', fixture('ext4-1k'), file('x.qcow2')]).status).toBe(0);
    const fd = openSync(file('x.qcow2'), 'r+');
    // The virtual size, bytes 24 to 31, big-endian.
    writeSync(fd, Uint8Array.from([0, 0, 0, 0, 0, 0x10, 0, 0]), 0, 8, 24);
    closeSync(fd);
    // The tables of the groups are all in the first MiB: a normal image lacks nothing.
    const cases = [
      { option: '-Q', expected: 3 },
      { option: '-rs', expected: 3 },
      { option: '-p', expected: 0 },
    ];
    for (const { option, expected } of cases) {
      const { status, stderr } = ours([option, file('x.qcow2'), file('image')]);
      expect({ option, status, stderr }).toEqual({
        option,
        status: expected,
        stderr: expect.stringContaining('the source ends at byte 1048576'),
      });
      rmSync(file('image'));
    }
  });
});
