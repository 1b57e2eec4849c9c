import { checkQcow2 } from '../../check/check.ts';
import { viewOf } from '../../format/field.ts';
import { openQcow2, type Qcow2Image } from '../../read/reader.ts';
import { readStreamed } from '../../stream-read/stream-reader.ts';
import { countingSource } from '../counting-source.fixture.ts';
import { arraySource, buildImage } from '../image.fixture.ts';
import { streamOf } from '../memory-output.test.kit.ts';
import { type Action, DATA } from './hostile.fixture.ts';
import { HOSTILE_HEADERS } from './hostile-header.fixture.ts';
import { HOSTILE_TABLES } from './hostile-tables.fixture.ts';

const ACTIONS: Record<Action, (image: Qcow2Image) => unknown> = {
  open: ({ size }) => size,
  read: (image) => image.readAt(new Uint8Array(image.size), 0),
  extents: (image) => [...image.extents()],
  snapshots: (image) => image.snapshots(),
  snapshot: (image) => ACTIONS.read(image.snapshot({ snapshot: 'before' })),
  bitmaps: (image) => image.bitmaps(),
};

/** Read an image as it comes from a pipe. */
const readPipe = (bytes: Uint8Array) => readStreamed(streamOf(bytes, 700), { onData: () => {} });

const ROWS = [...HOSTILE_HEADERS, ...HOSTILE_TABLES];

describe('hostile images, each one field away from a valid one', () => {
  test('are at least 70', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(70);
  });

  test.each(ROWS)('$name: $code', ({ image = DATA, poke, cut, action, code, options = {} }) => {
    const fixture = buildImage(image);
    // Few reads, whatever the image says: a valid neighbour needs less than ten.
    const attempt = (bytes: Uint8Array) =>
      ACTIONS[action](openQcow2(countingSource(arraySource(bytes), { reads: 50, bytes: 2 ** 20 }), options));
    if (image.zstd !== true) attempt(fixture.bytes);
    expect(checkQcow2(arraySource(fixture.bytes))).toMatchObject({ corruptions: 0, leaks: 0 });
    const hostile = fixture.bytes.slice(0, cut?.(fixture));
    poke?.(viewOf(hostile), { ...fixture, bytes: hostile });
    expect(() => attempt(hostile)).toThrow(expect.objectContaining({ name: 'Qcow2Error', code: `QCOW2_${code}` }));
  });

  const read = ROWS.filter(({ action, options }) => ['open', 'read'].includes(action) && options === undefined);

  test.each(read)('from a pipe, $name: $code', async ({ image = DATA, poke, cut, code }) => {
    const fixture = buildImage(image);
    const hostile = fixture.bytes.slice(0, cut?.(fixture));
    poke?.(viewOf(hostile), { ...fixture, bytes: hostile });
    // What cannot be streamed at all is refused for that; the bytes after a table that is too short count as its entries.
    const codes = expect.stringMatching(`^QCOW2_(${code}|CORRUPT|CANNOT_STREAM)$`);
    await expect(readPipe(hostile)).rejects.toMatchObject({ name: 'Qcow2Error', code: codes });
  });
});
