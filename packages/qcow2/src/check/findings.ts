/** One thing that `checkQcow2` found wrong. */
export interface CheckFinding {
  /** `corruption` can cost data; a `leak` only costs space. */
  readonly kind: 'corruption' | 'leak';
  readonly what:
    | 'beyond-end'
    | 'unaligned'
    | 'reserved-bits'
    | 'copied-flag'
    | 'refcount'
    | 'refcount-block'
    | 'subclusters'
    | 'data-file'
    | 'table-unreadable'
    | 'overlap';
  /** One line for people: lower case, no full stop. */
  readonly message: string;
  readonly hostOffset?: number;
  readonly guestOffset?: number;
  /** The stored refcount, and the counted one. */
  readonly found?: number;
  readonly expected?: number;
}

/** What a check saw; the names are those of `qemu-img check --output=json`. */
export interface CheckReport {
  readonly corruptions: number;
  readonly leaks: number;
  /** Clusters of the virtual disk. */
  readonly totalClusters: number;
  /** Of them, those that have a host cluster. */
  readonly allocatedClusters: number;
  /** Of them, those whose host cluster does not follow that of the previous one. */
  readonly fragmentedClusters: number;
  readonly compressedClusters: number;
  /** Host byte after the last cluster in use. */
  readonly imageEndOffset: number;
}

/** Where findings go, and how many there were. */
export interface FindingSink {
  report(finding: CheckFinding): void;
  readonly counts: { corruptions: number; leaks: number };
}

/** Counts findings and passes them on. */
export function findingSink(onFinding: (finding: CheckFinding) => void): FindingSink {
  const counts = { corruptions: 0, leaks: 0 };
  return {
    counts,
    report(finding) {
      if (finding.kind === 'leak') counts.leaks++;
      else counts.corruptions++;
      onFinding(finding);
    },
  };
}
