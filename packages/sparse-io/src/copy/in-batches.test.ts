import { manualClock } from '../testing/manual-clock.ts';
import { BATCH, inBatches } from './in-batches.ts';

/** Steps of the given lengths, in milliseconds. */
function* steps(lengths: readonly number[], clock: { now: number }, log: string[]): Generator<void, string> {
  for (const length of lengths) {
    clock.now += length;
    log.push('step');
    yield;
  }
  return 'done';
}

describe('inBatches', () => {
  test.each([
    ['after each step as long as a batch', [BATCH, BATCH, BATCH], ['step', 'event', 'step', 'event', 'step', 'event']],
    ['after as many steps as fill a batch', [BATCH - 1, 1, BATCH - 2, 1], ['step', 'step', 'event', 'step', 'step']],
    ['never during less than a batch', [BATCH - 3, 1, 1], ['step', 'step', 'step']],
  ])('lets the event loop run %s', async (_, lengths, expected) => {
    using clock = manualClock();
    const log: string[] = [];
    let isOver = false;
    const note = (): void => {
      if (isOver) return;
      log.push('event');
      setImmediate(note);
    };
    setImmediate(note);
    await expect(inBatches(steps(lengths, clock, log))).resolves.toBe('done');
    isOver = true;
    expect(log).toEqual(expected);
  });

  test('throws what a step throws', async () => {
    // biome-ignore lint/correctness/useYield: it fails before its first step
    function* broken(): Generator<void, void> {
      throw new Error('broken');
    }
    await expect(inBatches(broken())).rejects.toThrow('broken');
  });
});
