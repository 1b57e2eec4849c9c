import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readlinkSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { realMounts } from '@e2image/cli';
import { fakeWorld } from '@e2image/cli/testing';
import { createSideFile } from '../homes/side-file.ts';
import { type MoveRecord, SLOTS_BYTES } from '../record/record.ts';
import { beginBeside, beginInside, sideFileBytes } from '../run/begin-move.ts';
import { stepTo } from '../testing/move-world.ts';
import { type TinyDevice, tinyDevice } from '../testing/tiny-device.ts';
import { openMove } from './open-move.ts';
import { openResume } from './open-resume.ts';

const MIB = 1 << 20;
const world = { mounts: realMounts({}) };
const failure = (code: string, message: RegExp | string = '') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

interface Start {
  readonly from?: number;
  readonly to?: number;
  /** File of the record; default: beside the image. */
  readonly journal?: string;
  /** Where it stops; undefined: nothing of the file system was touched. */
  readonly state?: MoveRecord['state'] | undefined;
}

/** Make an image file as long as the move needs it. */
function lengthen({ path }: TinyDevice, end: number): void {
  if (statSync(path).size < end) truncateSync(path, end);
}

/** Begin a move whose record is in a file, and interrupt it. */
async function beside(device: TinyDevice, { from = 0, to = 4096, ...rest }: Start = {}): Promise<void> {
  const state = 'state' in rest ? rest.state : 'copying';
  using move = await openMove({ device: device.path, from, to, journal: rest.journal }, fakeWorld());
  using file = createSideFile(move.journal ?? '', sideFileBytes(move.task), undefined);
  const journey = beginBeside(move.device, file, move.task);
  lengthen(device, Math.max(from, to) + move.task.move.length);
  if (state !== undefined) stepTo(journey, state);
}

/** Begin a move whose record is inside the device, and interrupt it. */
async function inside(device: TinyDevice, { from = 0, to = MIB, ...rest }: Start = {}): Promise<void> {
  using move = await openMove({ device: device.path, from, to }, fakeWorld());
  lengthen(device, Math.max(from, to) + move.task.move.length);
  const journey = beginInside(move.device, move.task);
  if (!('state' in rest)) stepTo(journey, 'copying');
}

/** Finish a move. */
function finish(device: TinyDevice, request: { from?: number; to?: number; journal?: string } = {}) {
  using rest = openResume({ device: device.path, ...request }, world);
  stepTo(rest.journey, undefined);
  return rest.journal;
}

const isAt = (device: TinyDevice, byte: number): boolean =>
  // The superblock, its descriptors, and the content of a file.
  [[1024, 3072] as const, [50 * 1024, 58 * 1024] as const].every(
    ([from, to]) =>
      Buffer.compare(device.read().subarray(byte + from, byte + to), device.original.subarray(from, to)) === 0,
  );

/** Descriptors of this process that are open on files with this start of their path. */
const openFiles = (path: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;

describe('a record in a file', () => {
  test('is found beside the image, and the move can be finished', async () => {
    using device = tinyDevice();
    await beside(device);
    expect(finish(device)).toBe(`${device.path}.e2move`);
    expect(isAt(device, 4096)).toBe(true);
    expect(existsSync(`${device.path}.e2move`)).toBe(false);
  });

  test('is found by its relative path', async () => {
    using device = tinyDevice();
    const journal = device.beside('elsewhere');
    await beside(device, { journal });
    expect(finish(device, { journal: relative('', journal) })).toBe(journal);
    expect(isAt(device, 4096)).toBe(true);
  });

  test.each([0, SLOTS_BYTES - 1, SLOTS_BYTES])(
    'is not one when the file has %i bytes of zeros, which stays',
    (length) => {
      using device = tinyDevice();
      const journal = device.beside('journal');
      writeFileSync(journal, new Uint8Array(length));
      expect(() => openResume({ device: device.path, journal }, world)).toThrow(
        failure(
          'MOVE_JOURNAL_INVALID',
          /journal holds no record of a move; if it was made by a move, nothing was moved yet, and it can be deleted$/,
        ),
      );
      expect(statSync(journal).size).toBe(length);
    },
  );

  test('of a move that had not touched the file system is deleted', async () => {
    using device = tinyDevice();
    await beside(device, { state: undefined });
    expect(() => openResume({ device: device.path }, world)).toThrow(
      failure('MOVE_NOTHING_TO_RESUME', /^the move had not begun: the file system is whole at byte 0 of .*image$/),
    );
    expect(existsSync(`${device.path}.e2move`)).toBe(false);
    expect(isAt(device, 0)).toBe(true);
  });

  test('may be missing where it was named', () => {
    using device = tinyDevice();
    expect(() => openResume({ device: device.path, journal: device.beside('none') }, world)).toThrow(
      failure('MOVE_NOTHING_TO_RESUME'),
    );
  });

  test('that is elsewhere is named by the command that resumes', async () => {
    using device = tinyDevice();
    const journal = device.beside('elsewhere');
    await beside(device, { journal });
    expect(() => openResume({ device: device.path }, world)).toThrow(
      failure(
        'MOVE_NOTHING_TO_RESUME',
        `^the record of the move is in a file; resume with: e2image-move --resume --journal ${journal} ${device.path}$`,
      ),
    );
  });
});

describe('a record inside the device', () => {
  test('is found at byte 0 without any offset, and the move can be finished', async () => {
    using device = tinyDevice();
    await inside(device);
    expect(finish(device)).toBeUndefined();
    expect(isAt(device, MIB)).toBe(true);
  });

  test('is found by one of its two offsets', async () => {
    for (const where of [{ from: 0 }, { from: 0, to: MIB }, { to: MIB }]) {
      using device = tinyDevice();
      await inside(device);
      finish(device, where);
      expect(isAt(device, MIB)).toBe(true);
    }
  });

  test('of a move that had not touched the file system is not one', async () => {
    using device = tinyDevice();
    await inside(device, { state: undefined });
    expect(() => openResume({ device: device.path }, world)).toThrow(failure('MOVE_NOTHING_TO_RESUME'));
    expect(isAt(device, 0)).toBe(true);
  });

  test.each([
    [{}, 'byte 0 of'],
    [{ from: 512 }, 'byte 512 or 0 of'],
    [{ from: 512, to: 512 }, 'byte 512 of'],
    [{ from: 0, to: 2 ** 40 }, `byte 0 or ${2 ** 40} of`],
  ])('is looked for at the offsets of %j only', (where, text) => {
    using device = tinyDevice();
    expect(() => openResume({ device: device.path, ...where }, world)).toThrow(
      failure('MOVE_NOTHING_TO_RESUME', `^no interrupted move at ${text} .*image$`),
    );
  });
});

describe.each([
  ['in a file', beside, 4096],
  ['inside the device', inside, MIB],
])('a record %s', (_, begin, to) => {
  test.each([
    [{ from: 0, to: to + 512 }, `not from 0 to ${to + 512}`],
    [{ from: 512, to }, `not from 512 to ${to}`],
  ])('is of another move when asked for %j', async (where, text) => {
    using device = tinyDevice();
    await begin(device, { to });
    expect(() => openResume({ device: device.path, ...where }, world)).toThrow(
      failure('MOVE_DIFFERENT_DEVICE', `^the record is of a move from byte 0 to byte ${to}, ${text}$`),
    );
  });

  test('is of another device when that ends one byte before the move', async () => {
    using device = tinyDevice();
    await begin(device, { to });
    const end = to + device.original.length;
    truncateSync(device.path, end - 1);
    expect(() => openResume({ device: device.path }, world)).toThrow(
      expect.objectContaining({
        code: 'MOVE_DIFFERENT_DEVICE',
        message: `the record is of a move on a device of at least ${end} bytes, ${device.path} has ${end - 1}`,
        detail: { size: end - 1, offset: end },
      }),
    );
    truncateSync(device.path, end);
    using rest = openResume({ device: device.path }, world);
    expect(rest.journey.record).toMatchObject({ source: 0, destination: to });
  });

  test('keeps its files open until it is disposed', async () => {
    using device = tinyDevice();
    await begin(device, { to });
    {
      using _rest = openResume({ device: device.path }, world);
      expect(openFiles(device.path)).toBeGreaterThan(0);
    }
    expect(openFiles(device.path)).toBe(0);
  });

  test('leaves no file open after a refusal', async () => {
    using device = tinyDevice();
    await begin(device, { to });
    expect(() => openResume({ device: device.path, from: 0, to: to + 512 }, world)).toThrow();
    expect(openFiles(device.path)).toBe(0);
  });
});

test('a move to the left needs a device up to the end of its source', async () => {
  using device = tinyDevice();
  const length = device.original.length;
  writeFileSync(device.path, Buffer.concat([new Uint8Array(4096), device.original]));
  await beside(device, { from: 4096, to: 0 });
  truncateSync(device.path, 4096 + length - 1);
  expect(() => openResume({ device: device.path }, world)).toThrow(
    expect.objectContaining({ code: 'MOVE_DIFFERENT_DEVICE', detail: { size: 4095 + length, offset: 4096 + length } }),
  );
  truncateSync(device.path, 4096 + length);
  finish(device);
  expect(isAt(device, 0)).toBe(true);
});

test('a mounted device is refused before it is opened', () => {
  const mounted = { mounts: realMounts({ EXT2FS_PRETEND_RW_MOUNT: '1' }) };
  expect(() => openResume({ device: '/nonexistent' }, mounted)).toThrow(failure('MOVE_IN_USE'));
});

test('the hooks of the caller are used', async () => {
  using device = tinyDevice();
  await beside(device);
  const written: number[] = [];
  using rest = openResume(
    { device: device.path },
    {
      ...world,
      hooks: {
        writeData: (bytes, offset) => {
          written.push(offset);
          rest.device.writeAt(bytes, offset);
        },
      },
    },
  );
  stepTo(rest.journey, undefined);
  expect(written.length).toBeGreaterThan(0);
  expect(isAt(device, 4096)).toBe(true);
});
