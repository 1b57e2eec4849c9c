import { faultySink, MemorySink, memorySource } from '@e2image/sparse-io/testing';
import { Rescue } from './rescue.ts';

const BLOCK = 512;
const open = (): Rescue => Rescue.open('/nonexistent/map', { retries: 0, image: '/nonexistent/image' });

describe('Rescue', () => {
  test('counts a block as done when the target has it, not when it was read', () => {
    const rescue = open();
    const sink = rescue.recording(faultySink(new MemorySink(), { room: 5 * BLOCK, code: 'EIO' }), {
      blockSize: BLOCK,
      targetOffset: BLOCK,
    });
    sink.writeAt(new Uint8Array(2 * BLOCK), BLOCK);
    sink.writeAt(new Uint8Array(BLOCK + 1), 3 * BLOCK);
    expect(() => sink.writeAt(new Uint8Array(2 * BLOCK), 4 * BLOCK)).toThrow('ENOSPC');
    expect([...rescue.done.runs()]).toEqual([{ start: 0, count: 3 }]);
  });

  test('does not trust a sync that follows one that failed: the kernel tells of a lost write once', async () => {
    const rescue = open();
    await expect(rescue.sync(-1)).rejects.toThrow();
    expect(rescue.syncNow(-1)).toBe(false);
  });

  test('gives the bytes of its source by reading only', () => {
    const guarded = open().guard({ ...memorySource(new Uint8Array(BLOCK)), file: { fd: -1, base: 0 } });
    expect(guarded.file).toBeUndefined();
    expect(guarded.size).toBe(BLOCK);
  });
});
