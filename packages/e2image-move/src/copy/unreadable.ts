import { say, type World } from '@e2image/cli';

/** What happens to blocks that cannot be read. */
export interface UnreadableBlocks {
  /** Called for each of them; undefined: the first one stops the move. */
  readonly report: ((block: number) => void) | undefined;
  /** How many were reported. */
  readonly count: number;
}

/** The first one stops the move, which can be resumed when the disk can be read again. */
export const STOP_AT_UNREADABLE: UnreadableBlocks = { report: undefined, count: 0 };

/** Zeros replace them; each is reported on standard error. */
export function zeroUnreadable(world: World): UnreadableBlocks {
  let count = 0;
  return {
    report(block) {
      count++;
      say(world, `block ${block} cannot be read: it is replaced by zeros`);
    },
    get count() {
      return count;
    },
  };
}
