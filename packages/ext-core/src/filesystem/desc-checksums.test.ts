import { superblockChecksum } from '../structures/checksum.ts';
import { INCOMPAT, RO_COMPAT } from '../structures/features.ts';
import { groupDescLayout } from '../structures/group-desc.ts';
import { readSuperblock, superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { descChecksums, distrusting, isSuperblockIntact } from './desc-checksums.ts';
import { DescTable } from './desc-table.ts';
import { openFilesystem } from './filesystem.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const UUID = hex('00112233445566778899aabbccddeeff');

/** The superblock of the tiny file system with that UUID and these features. */
function superblock(roCompat: number, incompat = 0): { raw: Uint8Array; sb: ReturnType<typeof readSuperblock> } {
  const raw = new TinyFilesystem().bytes.slice(1024, 2048);
  const view = new DataView(raw.buffer);
  superblockLayout.s_uuid.get(view, 0).set(UUID);
  superblockLayout.s_feature_ro_compat.set(view, 0, roCompat);
  superblockLayout.s_feature_incompat.set(view, 0, incompat);
  if (incompat & INCOMPAT['64bit']) superblockLayout.s_desc_size.set(view, 0, 64);
  return { raw, sb: readSuperblock(raw) };
}

// Descriptors as mke2fs wrote them for a file system with that UUID.
const WITH_METADATA_CSUM = hex(
  `030000001300000023000000dd0f340003000400000000002b4a065e34002654${'00'.repeat(24)}4127a6cb00000000`,
);
const WITH_GDT_CSUM = hex('030000001300000023000000e60f35000200040000000000000000003500df6f');

/** A table of this one descriptor, and where it was read from. */
function descTable(desc: Uint8Array): { bytes: Uint8Array; table: DescTable } {
  const bytes = desc.slice();
  const readAt = (into: Uint8Array, offset: number): void => into.set(bytes.subarray(offset, offset + into.length));
  return { bytes, table: new DescTable({ size: bytes.length, readAt }, desc.length) };
}

test.each([
  ['metadata_csum', RO_COMPAT.metadata_csum, INCOMPAT['64bit'], WITH_METADATA_CSUM, 0x5426],
  ['gdt_csum', RO_COMPAT.gdt_csum, 0, WITH_GDT_CSUM, 0x6fdf],
] as const)('the descriptor checksum of %s is the one mke2fs stored', (_name, roCompat, incompat, desc, checksum) => {
  const { sb } = superblock(roCompat, incompat);
  const { bytes, table } = descTable(desc);
  const checksums = descChecksums(sb, table);
  const { view } = table.window(0);
  expect(checksums.compute(view, 0, 0)).toBe(checksum);
  expect(checksums.isIntact(0)).toBe(true);
  view.setUint8(0, 99);
  expect(checksums.isIntact(0)).toBe(false);
  groupDescLayout.bg_checksum.set(view, 0, checksums.compute(view, 0, 0));
  expect(checksums.isIntact(0)).toBe(true);
  expect(bytes).toEqual(desc);
});

test('without descriptor checksums every descriptor is intact', () => {
  const { sb } = superblock(0);
  const { table } = descTable(WITH_GDT_CSUM);
  table.window(0).view.setUint8(0, 99);
  expect(descChecksums(sb, table).isIntact(0)).toBe(true);
});

test('a superblock is intact when its checksum fits or the format has none', () => {
  const plain = superblock(0);
  expect(isSuperblockIntact(plain.sb, plain.raw)).toBe(true);
  const { raw, sb } = superblock(RO_COMPAT.metadata_csum);
  expect(isSuperblockIntact(sb, raw)).toBe(false);
});

test('a superblock with the right checksum is intact, in the middle of a buffer too', () => {
  const { raw, sb } = superblock(RO_COMPAT.metadata_csum);
  superblockLayout.s_checksum.set(new DataView(raw.buffer), 0, superblockChecksum(raw));
  const shifted = new Uint8Array(1100);
  shifted.set(raw, 50);
  expect([isSuperblockIntact(sb, raw), isSuperblockIntact(sb, shifted.subarray(50, 1074))]).toEqual([true, true]);
  shifted[60] = 1 + (shifted[60] ?? 0);
  expect(isSuperblockIntact(sb, shifted.subarray(50, 1074))).toBe(false);
});

describe('distrusting', () => {
  /** Two groups that claim to be unused: the descriptor of group 0 has a right checksum, that of group 1 a wrong one. */
  function claiming(roCompat: number) {
    const tiny = new TinyFilesystem();
    superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, roCompat);
    for (const base of [2048, 2048 + 32]) {
      groupDescLayout.bg_flags.set(tiny.view, base, 7);
      groupDescLayout.bg_itable_unused_lo.set(tiny.view, base, 9);
    }
    const fs = openFilesystem(tiny);
    const { view } = fs.descTable.window(0);
    const checksum = descChecksums(fs.superblock, fs.descTable).compute(view, 0, 0);
    groupDescLayout.bg_checksum.set(tiny.view, 2048, checksum);
    return openFilesystem(tiny);
  }

  test('does not believe a descriptor with a wrong checksum that blocks and inodes were never used', () => {
    const fs = distrusting(claiming(RO_COMPAT.gdt_csum));
    expect(fs.groupDesc(0)).toMatchObject({ flags: 7, itableUnused: 9, inodeTable: 7 });
    expect(fs.groupDesc(1)).toMatchObject({ flags: 4, itableUnused: 0, inodeTable: 263 });
  });

  test('changes nothing without descriptor checksums', () => {
    const fs = claiming(0);
    expect(distrusting(fs)).toBe(fs);
  });
});
