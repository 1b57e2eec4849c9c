import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BytesField, Field } from './bytes/field.ts';
// The entry points, so that `jest --findRelatedTests` knows what this test depends on.
import './index.ts';
import './structures.ts';
import './walk.ts';

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

const FILES = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing'),
);

/** Every export of the package whose name ends in `Layout`, in whatever file. */
const layouts = new Map<string, Layout>();
beforeAll(async () => {
  for (const file of FILES) {
    const module: object = await import(join(__dirname, file));
    for (const [name, layout] of Object.entries<Layout>({ ...module })) {
      if (name.endsWith('Layout') && typeof layout === 'object') layouts.set(name, layout);
    }
  }
});

test('every layout table has a size here, and every size a table', () => {
  expect([...layouts.keys()].sort()).toEqual(Object.keys(SIZES).sort());
});

test('every layout table is exported, so that this test finds it', () => {
  const hidden = FILES.filter((file) => /^const \w+Layout\b/m.test(readFileSync(join(__dirname, file), 'utf8')));
  expect(hidden).toEqual([]);
});

/** The fields of a structure. */
const fieldsOf = (name: string): (Field | BytesField)[] => Object.values(layouts.get(name) ?? {});

/** A value with another byte at each position, of which a number holds every bit. */
const sampleOf = ({ size }: Field): number => (size === 8 ? 0x11_8283_8485_8687 : 0x8182_8384 % 2 ** (8 * size));

describe.each(Object.entries(SIZES))('%s', (name, size) => {
  test('covers the structure with no gap and no overlap', () => {
    let end = 0;
    for (const field of fieldsOf(name).sort((a, b) => a.offset - b.offset)) {
      expect(field.offset).toBe(end);
      end += field.size;
    }
    expect(end).toBe(size);
  });

  test('every number reads back what was written, and touches nothing else', () => {
    for (const field of fieldsOf(name)) {
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
    for (const field of fieldsOf(name)) {
      if ('set' in field) continue;
      const bytes = new Uint8Array(size + 7);
      field.get(new DataView(bytes.buffer, 7), 0).fill(1);
      expect(bytes.indexOf(1)).toBe(7 + field.offset);
      expect(bytes.lastIndexOf(1)).toBe(6 + field.offset + field.size);
    }
  });
});
