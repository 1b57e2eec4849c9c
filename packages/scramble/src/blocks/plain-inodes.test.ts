import { EXTENT_MAGIC, INODE_FLAG, inodeLayout, MODE } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { eachInodeToScramble, isPlainInode } from './plain-inodes.ts';

const f = inodeLayout;

/** An inode with nothing to hide, or one thing that makes it another. */
const inode = fc.record({
  mode: fc.constantFrom(...Object.values(MODE), MODE.regular, MODE.directory),
  flags: fc.constantFrom(INODE_FLAG.extents, INODE_FLAG.extents, INODE_FLAG.extents, 0, INODE_FLAG.inlineData),
  magic: fc.constantFrom(EXTENT_MAGIC, EXTENT_MAGIC, EXTENT_MAGIC, 1),
  entries: fc.integer({ min: 0, max: 5 }),
  max: fc.constantFrom(4, 4, 4, 0, 1, 2, 5),
  extra: fc.constantFrom(0, 3, 4, 28, 32, 124, 128, 0xffff),
  /** A byte that is not zero. */
  secret: fc.option(fc.nat(255)),
  isEmpty: fc.constantFrom(false, false, true),
});

describe('eachInodeToScramble', () => {
  test.each([128, 256])('finds what the layout finds, inodes of %i bytes, aligned or not', (size) => {
    fc.assert(
      fc.property(fc.array(inode, { maxLength: 6 }), fc.constantFrom(0, 1), (inodes, shift) => {
        const bytes = new Uint8Array(inodes.length * size + shift).subarray(shift);
        const view = new DataView(bytes.buffer, shift, bytes.length);
        for (const [index, fields] of inodes.entries()) {
          const base = index * size;
          if (!fields.isEmpty) {
            f.i_mode.set(view, base, fields.mode);
            f.i_flags.set(view, base, fields.flags);
            view.setUint16(base + 0x28, fields.magic, true);
            view.setUint16(base + 0x2a, fields.entries, true);
            view.setUint16(base + 0x2c, fields.max, true);
            if (size > 128) f.i_extra_isize.set(view, base, fields.extra);
          }
          if (fields.secret !== null) bytes[base + (fields.secret % size)] = 0x73;
        }
        const expected = [...inodes.keys()].filter((index) => !isPlainInode({ bytes, view }, index * size, size));
        const found: number[] = [];
        eachInodeToScramble({ bytes, view }, size, (index) => found.push(index));
        expect(found).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
