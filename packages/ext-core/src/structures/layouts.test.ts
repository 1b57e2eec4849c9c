import type { BytesField, Field } from '../bytes/field.ts';
import { dirEntryLayout, dirTailLayout } from './dir-block.ts';
import { groupDescLayout } from './group-desc.ts';
import { dxCountLayout, dxEntryLayout, dxTailLayout } from './htree.ts';
import { inodeLayout } from './inode.ts';
import { tag3Layout, tagLayout } from './journal-log.ts';
import { journalHeaderLayout } from './journal-superblock.ts';
import { mmpLayout } from './mmp.ts';
import { superblockLayout } from './superblock.ts';
import { xattrEntryLayout, xattrHeaderLayout } from './xattr.ts';

describe.each([
  ['superblock', superblockLayout, 1024],
  ['group descriptor', groupDescLayout, 64],
  ['inode', inodeLayout, 160],
  ['directory entry', dirEntryLayout, 8],
  ['directory tail', dirTailLayout, 12],
  ['index entry', dxEntryLayout, 8],
  ['index limit and count', dxCountLayout, 4],
  ['index tail', dxTailLayout, 8],
  ['attribute block header', xattrHeaderLayout, 20],
  ['attribute entry', xattrEntryLayout, 16],
  ['MMP block', mmpLayout, 1024],
  ['journal header', journalHeaderLayout, 12],
  ['journal tag', tagLayout, 12],
  ['journal tag of version 3', tag3Layout, 16],
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
