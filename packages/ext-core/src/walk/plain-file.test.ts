import fc from 'fast-check';
import { openFilesystem } from '../filesystem/filesystem.ts';
import { EXTENT_MAGIC, extentHeaderLayout, extentLayout } from '../structures/extent.ts';
import { I_BLOCK, INODE_FLAG, inodeLayout, MODE } from '../structures/inode.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { isPlainFile, isPlainIn, nextByLayout, nextInode, plainExtents } from './plain-file.ts';
import { walkMap } from './walk-map.ts';

const INODE_SIZE = 128;
const f = inodeLayout;

/** A plain file, or one thing that makes it none. */
const inode = fc.record({
  mode: fc.constantFrom(0, ...Object.values(MODE).map((mode) => mode | 0o644)),
  links: fc.constantFrom(0, 1, 1, 1),
  dtime: fc.constantFrom(0, 0, 99),
  flags: fc.constantFrom(INODE_FLAG.extents, INODE_FLAG.extents, 0, INODE_FLAG.extents | INODE_FLAG.eaInode),
  blocks: fc.constantFrom(0, 0, 8),
  acl: fc.constantFrom(0, 0, 0, 7),
  aclHi: fc.constantFrom(0, 0, 0, 1),
  magic: fc.constantFrom(EXTENT_MAGIC, EXTENT_MAGIC, EXTENT_MAGIC, 1),
  entries: fc.integer({ min: 0, max: 6 }),
  max: fc.integer({ min: 0, max: 6 }),
  depth: fc.constantFrom(0, 0, 0, 1),
});

describe('nextInode', () => {
  test('finds what the layout finds', () => {
    fc.assert(
      fc.property(
        fc.array(inode, { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat(3),
        (inodes, skipPlain, withUnlinked, from) => {
          const table = new Uint8Array(inodes.length * INODE_SIZE);
          const view = new DataView(table.buffer);
          for (const [index, fields] of inodes.entries()) {
            const base = index * INODE_SIZE;
            f.i_mode.set(view, base, fields.mode);
            f.i_dtime.set(view, base, fields.dtime);
            f.i_links_count.set(view, base, fields.links);
            f.i_blocks_lo.set(view, base, fields.blocks);
            f.i_flags.set(view, base, fields.flags);
            f.i_file_acl_lo.set(view, base, fields.acl);
            f.i_file_acl_hi.set(view, base, fields.aclHi);
            view.setUint16(base + 0x28, fields.magic, true);
            view.setUint16(base + 0x2a, fields.entries, true);
            view.setUint16(base + 0x2c, fields.max, true);
            view.setUint16(base + 0x2e, fields.depth, true);
          }
          const options = { from, count: inodes.length, inodeSize: INODE_SIZE, skipPlain, withUnlinked };
          const bytes = { view, words: new Uint32Array(table.buffer) };
          expect(nextInode(bytes, options)).toBe(nextByLayout(view, options));
          const bases = inodes.map((_, index) => index * INODE_SIZE);
          expect(bases.map((base) => isPlainIn(bytes, base))).toEqual(bases.map((base) => isPlainFile(view, base)));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('plainExtents', () => {
  const small = fc.integer({ min: 0, max: 40 });
  const extent = fc.record({
    block: small,
    len: fc.oneof(small, fc.integer({ min: 0x7ff0, max: 0x8010 })),
    hi: fc.constantFrom(0, 0, 0xffff),
    lo: fc.nat(),
  });

  test('reports what the walk of the tree reports', () => {
    const fs = openFilesystem(new TinyFilesystem());
    fc.assert(
      fc.property(fc.array(extent, { maxLength: 4 }), (extents) => {
        const view = new DataView(new ArrayBuffer(2 * INODE_SIZE));
        f.i_mode.set(view, INODE_SIZE, MODE.regular);
        f.i_flags.set(view, INODE_SIZE, INODE_FLAG.extents);
        writeExtents(view, INODE_SIZE, extents);
        const walked: number[][] = [];
        const visitor = {
          data: (start: number, count: number, logical: number, unwritten: boolean) =>
            void walked.push([start, count, logical, Number(unwritten)]),
        };
        walkMap(fs, 12, view, visitor, { base: INODE_SIZE });
        const reported: number[][] = [];
        plainExtents(view, INODE_SIZE, (start, count, logical, unwritten) => {
          reported.push([start, count, logical, Number(unwritten)]);
        });
        expect(reported).toEqual(walked);
      }),
      { numRuns: 500 },
    );
  });
});

function writeExtents(
  view: DataView,
  base: number,
  extents: readonly { block: number; len: number; hi: number; lo: number }[],
): void {
  const root = base + I_BLOCK;
  extentHeaderLayout.eh_magic.set(view, root, EXTENT_MAGIC);
  extentHeaderLayout.eh_entries.set(view, root, extents.length);
  extentHeaderLayout.eh_max.set(view, root, 4);
  extents.forEach(({ block, len, hi, lo }, index) => {
    const at = root + 12 * (index + 1);
    extentLayout.ee_block.set(view, at, block);
    extentLayout.ee_len.set(view, at, len);
    extentLayout.ee_start_hi.set(view, at, hi);
    extentLayout.ee_start_lo.set(view, at, lo);
  });
}
