import fc from 'fast-check';
import { GROUP_DESC_SIZE_32, GROUP_DESC_SIZE_64, groupDescLayout, readGroupDesc } from './group-desc.ts';

const u16 = () => fc.integer({ min: 0, max: 0xffff });
const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });

describe('groupDescLayout', () => {
  test('covers 64 bytes with no gap and no overlap', () => {
    const fields = Object.values(groupDescLayout).sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const field of fields) {
      expect(field.offset).toBe(end);
      end += field.size;
    }
    expect(end).toBe(GROUP_DESC_SIZE_64);
  });

  test('every field reads back what was written, and touches nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(groupDescLayout)), u32(), (field, raw) => {
        const value = field.size === 2 ? raw & 0xffff : raw;
        const bytes = new Uint8Array(GROUP_DESC_SIZE_64);
        const view = new DataView(bytes.buffer);
        field.set(view, 0, value);
        expect(field.get(view, 0)).toBe(value);
        bytes.fill(0, field.offset, field.offset + field.size);
        expect(bytes.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

describe('readGroupDesc', () => {
  test('joins the halves of a 64-byte descriptor', () => {
    fc.assert(
      fc.property(u32(), fc.integer({ min: 0, max: 0xffff }), u16(), (lo, hi, flags) => {
        const view = new DataView(new ArrayBuffer(2 * GROUP_DESC_SIZE_64));
        groupDescLayout.bg_inode_table_lo.set(view, GROUP_DESC_SIZE_64, lo);
        groupDescLayout.bg_inode_table_hi.set(view, GROUP_DESC_SIZE_64, hi);
        groupDescLayout.bg_flags.set(view, GROUP_DESC_SIZE_64, flags);
        const desc = readGroupDesc(view, 1, GROUP_DESC_SIZE_64);
        expect(BigInt(desc.inodeTable)).toBe((BigInt(hi) << 32n) | BigInt(lo));
        expect(desc.flags).toBe(flags);
      }),
    );
  });

  test('ignores what follows a 32-byte descriptor', () => {
    const view = new DataView(new Uint8Array(64).fill(0xff).buffer);
    expect(readGroupDesc(view, 0, GROUP_DESC_SIZE_32).inodeTable).toBe(0xffff_ffff);
  });

  test('a hostile location stays above every valid block number', () => {
    const view = new DataView(new Uint8Array(64).fill(0xff).buffer);
    expect(readGroupDesc(view, 0, GROUP_DESC_SIZE_64).inodeTable).toBeGreaterThan(2 ** 53);
  });

  test('names the group when the table is cut short', () => {
    const view = new DataView(new ArrayBuffer(63));
    expect(() => readGroupDesc(view, 1, GROUP_DESC_SIZE_32)).toThrow(
      expect.objectContaining({ code: 'EXT_TRUNCATED', detail: { group: 1 } }),
    );
  });
});
