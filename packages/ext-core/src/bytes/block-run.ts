/** A run of block numbers `[start, start + count)`; `count` is greater than zero. */
export interface BlockRun {
  readonly start: number;
  readonly count: number;
}

/** `block 7` or `blocks 7 to 9`. */
export const blocksText = ({ start, count }: BlockRun): string =>
  count === 1 ? `block ${start}` : `blocks ${start} to ${start + count - 1}`;
