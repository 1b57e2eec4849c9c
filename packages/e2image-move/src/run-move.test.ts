import { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import { realMounts } from '@e2image/cli';
import { fakeSignals, fakeWorld } from '@e2image/cli/testing';
import { STOP_AT_UNREADABLE } from './copy/unreadable.ts';
import { openMove } from './plan/open-move.ts';
import { openResume } from './plan/open-resume.ts';
import { runMove, runResume } from './run-move.ts';
import { FREE_BLOCK, type TinyDevice, tinyDevice } from './testing/tiny-device.ts';

const MIB = 1 << 20;
/** Blocks in use: metadata of both groups, the root folder, a file. */
const USED = [
  [0, 11],
  [40, 41],
  [50, 58],
  [261, 267],
] as const;
const resumeWorld = { mounts: realMounts({}) };
const codeIs = (code: string) => expect.objectContaining({ code });

/** Move the image by 1 MiB. @param signalAt SIGINT comes before this write; undefined: never */
async function move(device: TinyDevice, { to = MIB, signalAt }: { to?: number; signalAt?: number } = {}) {
  const world = fakeWorld({ program: 'e2image-move' });
  const host = fakeSignals();
  using open = await openMove({ device: device.path, from: 0, to }, world);
  let writes = 0;
  const writeData = (bytes: Uint8Array, offset: number): void => {
    if (++writes === signalAt) host.deliver('SIGINT');
    open.device.writeAt(bytes, offset);
  };
  const options = { world, host, unreadable: STOP_AT_UNREADABLE, isProgressWanted: true, writeData };
  return { status: await runMove(open, options), said: world.said.stderr, killed: host.killed };
}

/** Whether all blocks in use are at a byte of the image. */
function isAt(device: TinyDevice, byte: number): boolean {
  const content = device.read();
  return USED.every(([from, to]) => {
    const [there, original] = [content.subarray(byte + from * 1024, byte + to * 1024), device.original];
    return Buffer.compare(there, original.subarray(from * 1024, to * 1024)) === 0;
  });
}

describe('runMove', () => {
  test.each([MIB, 4096, 512])('moves a file system by %d bytes, and deletes the record', async (to) => {
    using device = tinyDevice();
    const { status, said } = await move(device, { to });
    expect(status).toBe(0);
    expect(isAt(device, to)).toBe(true);
    expect(existsSync(device.beside('image.e2move'))).toBe(false);
    expect(said).toMatch(/Copied 513 \/ 513 blocks/);
  });

  test('copies no block that is not in use', async () => {
    using device = tinyDevice();
    await move(device);
    expect(device.read()[MIB + FREE_BLOCK * 1024]).toBe(0);
  });

  test('stops after the batch in which a signal came, and prints how to continue', async () => {
    using device = tinyDevice();
    const { status, said, killed } = await move(device, { to: 4096, signalAt: 1 });
    expect([status, killed]).toEqual([130, ['SIGINT']]);
    expect(said).toContain('the move is not finished, and nothing can be mounted until it is; finish it with: ');
    expect(said).toContain(`e2image-move --resume --journal ${device.path}.e2move ${device.path}\n`);
  });
});

describe('openResume and runResume', () => {
  test('finish an interrupted move', async () => {
    using device = tinyDevice();
    await move(device, { to: 4096, signalAt: 1 });
    using rest = openResume({ device: device.path }, resumeWorld);
    const world = fakeWorld();
    expect(await runResume(rest, { world, unreadable: STOP_AT_UNREADABLE, host: fakeSignals() })).toBe(0);
    expect(isAt(device, 4096)).toBe(true);
    expect(existsSync(device.beside('image.e2move'))).toBe(false);
  });

  test.each([[{ from: 0, to: 8192 }], [{ from: 512 }]])(
    'refuse offsets that are not those of the record: %j',
    async (where) => {
      using device = tinyDevice();
      await move(device, { to: 4096, signalAt: 1 });
      expect(() => openResume({ device: device.path, ...where }, resumeWorld)).toThrow(codeIs('MOVE_DIFFERENT_DEVICE'));
    },
  );

  test('have nothing to do where no move was begun', () => {
    using device = tinyDevice();
    expect(() => openResume({ device: device.path }, resumeWorld)).toThrow(
      /^no interrupted move at byte 0 of .*image$/,
    );
    expect(() => openResume({ device: device.path, journal: device.beside('none') }, resumeWorld)).toThrow(
      codeIs('MOVE_NOTHING_TO_RESUME'),
    );
  });

  test('name the file of the record if it is not where it was looked for', async () => {
    using device = tinyDevice();
    const world = fakeWorld();
    const host = fakeSignals();
    {
      const request = { device: device.path, from: 0, to: 4096, journal: device.beside('elsewhere') };
      using open = await openMove(request, world);
      const writeData = (bytes: Uint8Array, offset: number): void => {
        host.deliver('SIGINT');
        open.device.writeAt(bytes, offset);
      };
      await runMove(open, { world, host, unreadable: STOP_AT_UNREADABLE, writeData });
    }
    const where = { device: device.path, from: 4096, to: 0 };
    expect(() => openResume(where, resumeWorld)).toThrow(
      /the record of the move is in a file; resume with: e2image-move --resume --journal .*elsewhere/,
    );
  });
});
