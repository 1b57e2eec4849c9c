/** What a scrambled image says of itself in the superblock's field of the last mount path, `s_last_mounted`. */
export const SCRAMBLED_MARK = 'scrambled by e2image';
