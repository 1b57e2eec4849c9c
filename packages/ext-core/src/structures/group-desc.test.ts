import fc from 'fast-check';
import { GROUP_DESC_SIZE_32, GROUP_DESC_SIZE_64, groupDescLayout, readGroupDesc } from './group-desc.ts';

const u16 = () => fc.integer({ min: 0, max: 0xffff });
const u32 = () => fc.integer({ min: 0, max: 0xffff_ffff });

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
