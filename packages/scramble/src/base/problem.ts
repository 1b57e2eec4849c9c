/** Damage, or a limit of scrambling, that does not stop it: a value for the caller to report. */
export interface ScrambleProblem {
  readonly code: /** A directory block is not a list of entries: it was scrambled as bytes. */
    | 'corrupt-directory'
    /** A directory block could not be read when new names were chosen: the new names in it may not fit the index. */
    | 'unreadable'
    /** The index of a directory contradicts itself: its boundaries are kept. */
    | 'bad-index'
    /** For some entries no new name fits the index: they got names that do not fit. */
    | 'names-do-not-fit'
    /** A directory got new boundaries although `keep` was asked for: a leaf of its index is too narrow for new names. */
    | 'index-rebuilt'
    /** The hash seed was kept: with any other one `lost+found` would be in another leaf. */
    | 'hash-seed-kept'
    /** The journal is damaged: its log became zeros, or it is not replayed. */
    | 'bad-journal';
  /** One line, in lower case: what is wrong and where. */
  readonly message: string;
  readonly block?: number;
  readonly inode?: number;
}

/** Called for each problem, in the order they are found. */
export type OnScrambleProblem = (problem: ScrambleProblem) => void;
