import { say, type World } from '@e2image/cli';

/** What happens to blocks that cannot be read. */
export interface UnreadableBlocks {
  /** Called for each; undefined where the first one stops the move. */
  readonly tell: ((block: number) => void) | undefined;
  /** How many were told of. */
  readonly count: number;
}

/** The first one stops the move, which can be resumed when the disk reads again. */
export const STOP_AT_UNREADABLE: UnreadableBlocks = { tell: undefined, count: 0 };

/** Zeros take their place; each is named on standard error. */
export function zeroUnreadable(world: World): UnreadableBlocks {
  let count = 0;
  return {
    tell(block) {
      count++;
      say(world, `block ${block} cannot be read: zeros take its place`);
    },
    get count() {
      return count;
    },
  };
}
