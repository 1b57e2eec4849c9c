/** Damage or a limit that scrambling survives: a value for the caller to tell. */
export interface ScrambleProblem {
  readonly code: /** A directory block is no list of entries: it was scrambled as bytes. */
    | 'corrupt-directory'
    /** A block could not be read when names were drawn; what it holds gets names that its index may not like. */
    | 'unreadable'
    /** A directory's index contradicts itself: its boundaries are kept as they are. */
    | 'bad-index'
    /** New names that fit the index could not be found for some entries; any name was taken. */
    | 'names-do-not-fit'
    /** The boundaries of one directory were made anew although they were to be kept: one leaf can hold no new name. */
    | 'index-made-anew'
    /** The hash seed had to stay: no other one leaves `lost+found` where it is. */
    | 'hash-seed-kept'
    /** The journal cannot be understood: its log became zeros. */
    | 'bad-journal';
  /** One line, lower case, what is wrong and where. */
  readonly message: string;
  readonly block?: number;
  readonly inode?: number;
}

export type OnScrambleProblem = (problem: ScrambleProblem) => void;
