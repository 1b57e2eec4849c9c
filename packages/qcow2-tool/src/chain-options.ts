import type { OptionRule } from '@e2image/cli';

/** The options of the subcommands that may open backing and data files. */
export const CHAIN_OPTIONS = {
  anywhere: { long: 'allow-anywhere', help: "open backing and data files outside of the image's folder too" },
  probe: { long: 'probe', help: 'guess the format of a backing file that is not stated' },
} as const satisfies Record<string, OptionRule>;

/** The option of the subcommands that spool a pipe. */
export const SPOOL_OPTION = {
  spool: { long: 'spool', value: 'DIR', help: 'folder for temporary data (default: $TMPDIR)' },
} as const satisfies Record<string, OptionRule>;
