import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BytesField, Field } from './bytes/field.ts';
import * as commitBlock from './journal/commit-block.ts';
import * as descriptorBlock from './journal/descriptor-block.ts';
import * as journalBlock from './journal/journal-block.ts';
import * as journalSuperblock from './journal/journal-superblock.ts';
import * as revokeBlock from './journal/revoke-block.ts';
import * as dirBlock from './structures/dir-block.ts';
import * as extent from './structures/extent.ts';
import * as groupDesc from './structures/group-desc.ts';
import * as htree from './structures/htree.ts';
import * as inode from './structures/inode.ts';
import * as mmp from './structures/mmp.ts';
import * as orphanBlock from './structures/orphan-block.ts';
import * as superblock from './structures/superblock.ts';
import * as xattr from './structures/xattr.ts';

/** Bytes of each structure. A new layout table must have a line here. */
const SIZES: Readonly<Record<string, number>> = {
  blockPointerLayout: 4,
  commitBlockLayout: 60,
  dirEntryLayout: 8,
  dirTailLayout: 12,
  dxCountLayout: 4,
  dxEntryLayout: 8,
  dxRootLayout: 32,
  dxTailLayout: 8,
  extentHeaderLayout: 12,
  extentIndexLayout: 12,
  extentLayout: 12,
  extentTailLayout: 4,
  groupDescLayout: 64,
  inodeLayout: 160,
  journalHeaderLayout: 12,
  journalSuperblockLayout: 1024,
  journalTailLayout: 4,
  mmpLayout: 1024,
  orphanEntryLayout: 4,
  orphanTailLayout: 8,
  revoke64Layout: 8,
  revokeHeaderLayout: 16,
  revokeLayout: 4,
  superblockLayout: 1024,
  tag3Layout: 16,
  tagLayout: 12,
  tagUuidLayout: 16,
  xattrEndLayout: 4,
  xattrEntryLayout: 16,
  xattrHeaderLayout: 32,
  xattrInodeHeaderLayout: 4,
};

type Layout = Readonly<Record<string, Field | BytesField>>;

/** The modules with layouts, imported one by one so that tools see what this test depends on. */
const MODULES: Readonly<Record<string, object>> = {
  'journal/commit-block.ts': commitBlock,
  'journal/descriptor-block.ts': descriptorBlock,
  'journal/journal-block.ts': journalBlock,
  'journal/journal-superblock.ts': journalSuperblock,
  'journal/revoke-block.ts': revokeBlock,
  'structures/dir-block.ts': dirBlock,
  'structures/extent.ts': extent,
  'structures/group-desc.ts': groupDesc,
  'structures/htree.ts': htree,
  'structures/inode.ts': inode,
  'structures/mmp.ts': mmp,
  'structures/orphan-block.ts': orphanBlock,
  'structures/superblock.ts': superblock,
  'structures/xattr.ts': xattr,
};

/** Every export of those whose name ends in `Layout`. */
const layouts = new Map<string, Layout>(
  Object.values(MODULES).flatMap((module) =>
    Object.entries<Layout>({ ...module }).filter(([name]) => name.endsWith('Layout')),
  ),
);

test('every file that describes structures is among the modules', () => {
  const files = ['journal', 'structures']
    .flatMap((room) => readdirSync(join(__dirname, room)).map((name) => `${room}/${name}`))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .filter((path) => /^export const \w+Layout\b/m.test(readFileSync(join(__dirname, path), 'utf8')));
  expect(Object.keys(MODULES).sort()).toEqual(files.sort());
});

test('every layout table has a size here, and every size a table', () => {
  expect([...layouts.keys()].sort()).toEqual(Object.keys(SIZES).sort());
});

/** A value with another byte at each position, of which a number holds every bit. */
const sampleOf = ({ size }: Field): number => (size === 8 ? 0x11_8283_8485_8687 : 0x8182_8384 % 2 ** (8 * size));

describe.each([...layouts])('%s', (name, layout) => {
  const size = SIZES[name] ?? 0;

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
      field.set(view, 0, sampleOf(field));
      expect(field.get(view, 0)).toBe(sampleOf(field));
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
