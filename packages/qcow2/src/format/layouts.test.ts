import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Field } from './field.ts';

const SOURCES = join(__dirname, '..');
const FILES = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.(test|fixture|kit)\.ts$/.test(path))
  .toSorted();

/** Bytes of each structure. A new layout is added here; a forgotten one fails the first test. */
const SIZES: Readonly<Record<string, number>> = {
  bitmapLayout: 24,
  bitmapsExtensionLayout: 24,
  cryptoHeaderLayout: 16,
  extendedEntryLayout: 16,
  extensionLayout: 8,
  // Type and bit number; the name fills the other 46 bytes.
  featureNameLayout: 2,
  // The compression type is one byte at 104; its padding to 112 is not a field.
  headerLayout: 105,
  provenanceLayout: 16,
  snapshotExtraLayout: 16,
  snapshotLayout: 40,
  tableEntryLayout: 8,
};

/** Files that use DataView themselves, and why. All others read and write through the fields of a layout. */
const OWN_ACCESS: Readonly<Record<string, string>> = {
  'format/field.ts': 'defines the fields',
  'format/refcount.ts': 'the width is chosen at run time, and it runs once per cluster',
  'format/l2-runs.ts': 'runs once per L2 entry',
  'check/l2-walk.ts': 'runs once per L2 entry',
  'write/table-clusters.ts': 'runs once per L2 entry',
  'codec/zstd-frame.ts': 'zstd is little-endian, and the offsets depend on flags',
};

function isField(value: unknown): value is Field {
  return typeof value === 'object' && value !== null && 'offset' in value && 'get' in value && 'set' in value;
}

/** Every exported layout of the package. */
async function findLayouts(): Promise<Map<string, readonly (readonly [string, Field])[]>> {
  const layouts = new Map<string, readonly (readonly [string, Field])[]>();
  for (const file of FILES) {
    const module: object = await import(join(SOURCES, file));
    for (const [name, layout] of Object.entries(module)) {
      if (!name.endsWith('Layout') || typeof layout !== 'object') continue;
      const fields = Object.entries(layout).filter((entry): entry is [string, Field] => isField(entry[1]));
      expect(fields.length).toBe(Object.keys(layout).length);
      layouts.set(name, fields);
    }
  }
  return layouts;
}

test('every layout of the package has a size in this test, and every size a layout', async () => {
  expect([...(await findLayouts()).keys()].toSorted()).toEqual(Object.keys(SIZES).toSorted());
});

test('every layout is exported, so that this test finds it', () => {
  const declared = FILES.flatMap((file) =>
    [...readFileSync(join(SOURCES, file), 'utf8').matchAll(/^(export )?const (\w+Layout) = \{/gm)].map(
      ([, exported, name]) => (exported === undefined ? `${file}: ${name} is not exported` : name),
    ),
  );
  expect(declared.toSorted()).toEqual(Object.keys(SIZES).toSorted());
});

test.each(Object.entries(SIZES))('%s covers its %d bytes without gap and overlap', async (name, size) => {
  const fields = (await findLayouts()).get(name) ?? [];
  let end = 0;
  for (const [, field] of fields.toSorted(([, a], [, b]) => a.offset - b.offset)) {
    expect(field.offset).toBe(end);
    end += field.size;
  }
  expect(end).toBe(size);
});

test('every field reads back what was written, in its own bytes, big-endian, and changes no others', async () => {
  const fields = [...(await findLayouts())].flatMap(([layout, entries]) =>
    entries.map(([name, field]) => ({ name: `${layout}.${name}`, field })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.maxSafeNat(), fc.nat({ max: 7 }), ({ field }, raw, base) => {
      const value = raw % 256 ** Math.min(field.size, 7);
      const bytes = new Uint8Array(160).fill(0xa5);
      const view = new DataView(bytes.buffer);
      field.set(view, base, value);
      expect(field.get(view, base)).toBe(value);
      const own = bytes.subarray(base + field.offset, base + field.offset + field.size);
      expect(own.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)).toBe(BigInt(value));
      own.fill(0xa5);
      expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('only the listed files read and write numbers in bytes by themselves', () => {
  const own = FILES.filter((file) =>
    /\.(get|set)(Big)?(Uint|Int|Float)\d+\(/.test(readFileSync(join(SOURCES, file), 'utf8')),
  );
  expect(own).toEqual(Object.keys(OWN_ACCESS).toSorted());
});

test('the magic number of the format is written in one file', () => {
  const files = FILES.filter((file) =>
    /0x_?5146_?49fb|0x51\b.*0x46\b/i.test(readFileSync(join(SOURCES, file), 'utf8')),
  );
  expect(files).toEqual(['format/header.ts']);
});
