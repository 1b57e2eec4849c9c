import type { OptionRule } from '@e2image/cli';

/** The options of every subcommand that may open backing and data files. */
export const CHAIN_OPTIONS = {
  anywhere: { long: 'allow-anywhere', help: "open backing and data files outside of the image's folder, too" },
  probe: { long: 'probe', help: 'look for the format of a backing file that states none' },
} as const satisfies Record<string, OptionRule>;

/** The option of every subcommand that spools a pipe. */
export const SPOOL_OPTION = {
  spool: { long: 'spool', value: 'DIR', help: 'folder for temporary data (default: $TMPDIR)' },
} as const satisfies Record<string, OptionRule>;
