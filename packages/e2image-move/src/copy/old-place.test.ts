import { HEAD_OFFSET, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import { oldPlaceOf } from './old-place.ts';

const SOURCE = 4 * SECTOR;
const BLOCK = 1024;

/** A device whose byte at offset n is n % 251, and which cannot read some blocks of the file system. */
function device(bad: readonly number[] = []): Storage {
  return {
    readAt(into, offset) {
      const isBad = bad.some((block) => {
        const start = SOURCE + block * BLOCK;
        return offset < start + BLOCK && start < offset + into.length;
      });
      if (isBad) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      for (let i = 0; i < into.length; i++) into[i] = (offset + i) % 251;
    },
    writeAt: () => undefined,
    sync: () => undefined,
  };
}

const marker = new Uint8Array(SECTOR).fill(0xee);
const options = { source: SOURCE, length: 64 * BLOCK, blockSize: BLOCK, marker };

function read(old: ReturnType<typeof oldPlaceOf>, position: number, length: number): number[] {
  const into = new Uint8Array(length);
  old.read(into, position);
  return [...into];
}

const plain = (position: number, length: number): number[] =>
  Array.from({ length }, (_, i) => (SOURCE + position + i) % 251);

describe('the old place', () => {
  test('reads as the device, with the marker in the place of the held-back sector', () => {
    const old = oldPlaceOf(device(), options);
    expect(read(old, 4096, 1024)).toEqual(plain(4096, 1024));
    const first = read(old, 0, 4096);
    expect(first.slice(0, HEAD_OFFSET)).toEqual(plain(0, HEAD_OFFSET));
    expect(first.slice(HEAD_OFFSET, HEAD_OFFSET + SECTOR)).toEqual([...marker]);
    expect(first.slice(HEAD_OFFSET + SECTOR)).toEqual(plain(HEAD_OFFSET + SECTOR, 4096 - HEAD_OFFSET - SECTOR));
  });

  test('reads from memory what the record displaced', () => {
    const bytes = Uint8Array.from({ length: 1024 }, (_, i) => i % 7);
    const displaced = { positions: { from: 4096, to: 5120 }, bytes, refugeFrom: () => undefined };
    const old = oldPlaceOf(device(), { ...options, displaced });
    expect(read(old, 4608, 512)).toEqual([...bytes.subarray(512)]);
    expect(read(old, 5120, 512)).toEqual(plain(5120, 512));
  });

  test('names the block that cannot be read', () => {
    const old = oldPlaceOf(device([9]), options);
    expect(() => read(old, 4096, 8192)).toThrow(
      expect.objectContaining({ code: 'MOVE_UNREADABLE', detail: { block: 9 }, message: 'block 9 cannot be read' }),
    );
  });

  test('has zeros for blocks that cannot be read, if asked to, and reports each', () => {
    const reported: number[] = [];
    const old = oldPlaceOf(device([5, 9]), { ...options, onUnreadable: (block) => reported.push(block) });
    const expected = plain(4096 + 512, 8192).map((byte, i) => {
      const block = Math.floor((4096 + 512 + i) / BLOCK);
      return block === 5 || block === 9 ? 0 : byte;
    });
    expect(read(old, 4096 + 512, 8192)).toEqual(expected);
    expect(reported).toEqual([5, 9]);
  });

  test('asks around the page cache before it gives up a block', () => {
    const reported: number[] = [];
    const onUnreadable = (block: number): void => void reported.push(block);
    const old = oldPlaceOf(device([5, 6, 7]), { ...options, around: device([6]), onUnreadable });
    const expected = plain(4096, 4096).map((byte, i) => (Math.floor((4096 + i) / BLOCK) === 6 ? 0 : byte));
    expect(read(old, 4096, 4096)).toEqual(expected);
    expect(reported).toEqual([6]);
  });

  test('takes only a failing medium for an unreadable block', () => {
    const broken = {
      ...device(),
      readAt: () => {
        throw Object.assign(new Error('EBADF'), { code: 'EBADF' });
      },
    };
    const old = oldPlaceOf(broken, { ...options, onUnreadable: () => undefined });
    expect(() => read(old, 0, 512)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});
