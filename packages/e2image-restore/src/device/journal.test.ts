import { type JournalState, journalReasons } from './journal.ts';

/** A journal superblock, `start` not 0 when it must be replayed. */
function raw(start: number, sequence = 1): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x0, 0xc03b3998);
  view.setUint32(0x4, 4);
  view.setUint32(0x10, 1024);
  view.setUint32(0x14, 1);
  view.setUint32(0x18, sequence);
  view.setUint32(0x1c, start);
  return bytes;
}

const state = (over: Partial<JournalState> = {}): JournalState => ({
  needsRecovery: false,
  block: 100,
  raw: raw(0),
  isDirty: false,
  external: undefined,
  ...over,
});
const dirty = (sequence = 1): JournalState => state({ needsRecovery: true, raw: raw(5, sequence), isDirty: true });

const IMAGE = /^the image is of a file system whose journal had not been replayed/;
const DEVICE = /^the journal on the device holds changes/;
const FLAG = /^the file system on the device says that its journal was not replayed/;
const ELSEWHERE = /^the device and the image have their journals on different devices/;

test.each([
  ['both clean', state(), state(), raw(0), []],
  ['both clean, the device mounted since', state({ raw: raw(0, 9) }), state(), raw(0, 9), []],
  [
    'no journal at all',
    state({ block: undefined, raw: undefined }),
    state({ block: undefined, raw: undefined }),
    undefined,
    [],
  ],
  ['a device that is wiped', undefined, state(), undefined, []],
  ['a dirty image', state(), dirty(), raw(0), [IMAGE]],
  ['a dirty image that is of this very state', dirty(), dirty(), raw(5), [IMAGE]],
  ['a dirty device', dirty(), state(), raw(5), [DEVICE]],
  ['a dirty device without a superblock', undefined, state(), raw(5), [DEVICE]],
  ['both dirty, of different ages', dirty(9), dirty(1), raw(5, 9), [IMAGE, DEVICE]],
  ['a device with the flag and an empty journal', state({ needsRecovery: true }), state(), raw(0), [FLAG]],
  [
    'a journal on another device',
    state({ block: undefined, raw: undefined, external: 'aa' }),
    state({ block: undefined, raw: undefined, external: 'bb' }),
    undefined,
    [ELSEWHERE],
  ],
] as const)('%s', (_name, now, after, there, expected) => {
  const reasons = journalReasons({ now, after, there, isRestored: false });
  expect(reasons).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

test('a journal that was rebuilt elsewhere is not that of the image, unless the image has its own', () => {
  const sides = { now: state({ block: 900 }), after: state({ raw: undefined }), there: undefined };
  expect(journalReasons({ ...sides, isRestored: false })).toEqual([
    'the journal on the device begins at block 900, that of the image at block 100',
  ]);
  expect(journalReasons({ ...sides, isRestored: true })).toEqual([]);
});
