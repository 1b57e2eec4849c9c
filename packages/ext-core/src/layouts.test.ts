import type { BytesField, Field } from './field.ts';
import { groupDescLayout } from './group-desc.ts';
import { inodeLayout } from './inode.ts';
import { superblockLayout } from './superblock.ts';

describe.each([
  ['superblock', superblockLayout, 1024],
  ['group descriptor', groupDescLayout, 64],
  ['inode', inodeLayout, 160],
] as const)('%s layout', (_name, layout: Record<string, Field | BytesField>, size) => {
  test('covers the structure with no gap and no overlap', () => {
    let end = 0;
    for (const field of Object.values(layout).sort((a, b) => a.offset - b.offset)) {
      expect(field.offset).toBe(end);
      end += field.size;
    }
    expect(end).toBe(size);
  });

  test('every number reads back what was written, and touches nothing else', () => {
    for (const field of Object.values(layout)) {
      if (!('set' in field)) continue;
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      const value = 0x8182_8384 % 2 ** (8 * field.size);
      field.set(view, 0, value);
      expect(field.get(view, 0)).toBe(value);
      bytes.fill(0, field.offset, field.offset + field.size);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }
  });

  test('a run of bytes is a window on the structure', () => {
    for (const field of Object.values(layout)) {
      if ('set' in field) continue;
      const bytes = new Uint8Array(size + 7);
      field.get(new DataView(bytes.buffer, 7), 0).fill(1);
      expect(bytes.indexOf(1)).toBe(7 + field.offset);
      expect(bytes.lastIndexOf(1)).toBe(6 + field.offset + field.size);
    }
  });
});
