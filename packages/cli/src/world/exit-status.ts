/** Exit statuses, the same for every command. Death by a signal is not among them: the shell makes those. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** Not done: usage, refused, failed. */
  failed: 1,
  /** Done, but some blocks could not be read or followed; each is named on standard error. */
  incomplete: 3,
  /** Compare or verify found a difference. */
  different: 4,
} as const;
