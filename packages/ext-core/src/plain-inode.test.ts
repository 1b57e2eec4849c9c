import fc from 'fast-check';
import { EXTENT_MAGIC } from './extent.ts';
import { INODE_FLAG, inodeLayout, MODE } from './inode.ts';
import { nextByLayout, nextInode } from './plain-inode.ts';

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
          expect(nextInode({ view, words: new Uint32Array(table.buffer) }, options)).toBe(nextByLayout(view, options));
        },
      ),
      { numRuns: 500 },
    );
  });
});
