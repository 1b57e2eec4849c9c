import { getopt, type OptionSpelling } from './getopt.ts';

/** One option of a command: its spelling, and its line in `--help`. */
export interface OptionRule extends OptionSpelling {
  /** One line, lower case, no full stop. */
  readonly help: string;
}

/** A command as its users see it: parsing, the usage text and `--help` all use it. */
export interface CommandTable {
  /** Its purpose, in one line. */
  readonly summary: string;
  /** The forms of the command line, each without the program's name. */
  readonly usage: readonly string[];
  /** Keys name options in the code; a key holds letters, digits and `_` only. */
  readonly options: Readonly<Record<string, OptionRule>>;
  /** More paragraphs for `--help`. */
  readonly notes?: readonly string[];
}

type Keys<T extends CommandTable, Takes> = {
  [K in keyof T['options'] & string]: T['options'][K] extends { readonly value: string }
    ? Takes extends 'value'
      ? K
      : never
    : Takes extends 'flag'
      ? K
      : never;
}[keyof T['options'] & string];

/** A parsed command line. */
export interface Parsed<T extends CommandTable> {
  readonly operands: readonly string[];
  /** Whether an option without argument was given. */
  flag(key: Keys<T, 'flag'>): boolean;
  /** The argument of an option, the last one given; undefined when it was not given. */
  value(key: Keys<T, 'value'>): string | undefined;
}

/**
 * Read a command line by its table.
 *
 * @param env POSIXLY_CORRECT in it ends the options at the first operand
 * @throws CliError CLI_USAGE
 */
export function parseOptions<const T extends CommandTable>(
  table: T,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Parsed<T> {
  const { flags, values, operands } = getopt(argv, table.options, { isPosix: env['POSIXLY_CORRECT'] !== undefined });
  return { operands, flag: (key) => flags.has(key), value: (key) => values.get(key) };
}

/** The usage text: one line for each form, with its newline. */
export function usageText(table: CommandTable, program: string): string {
  return table.usage.map((form, at) => `${at === 0 ? 'Usage: ' : '       '}${program} ${form}\n`).join('');
}

/** What `--help` prints on standard output. */
export function helpText(table: CommandTable, program: string): string {
  const rows = Object.values(table.options).map((rule) => [spelling(rule), rule.help] as const);
  const width = Math.max(...rows.map(([left]) => left.length), 0) + 2;
  const options = rows.map(([left, help]) => `  ${left.padEnd(width)}${help}\n`).join('');
  const notes = (table.notes ?? []).map((note) => `\n${note}\n`).join('');
  return `${usageText(table, program)}\n${table.summary}\n\n${options}${notes}`;
}

/** `-b, --block N`, `    --mapfile FILE` */
function spelling({ short, long, value }: OptionSpelling): string {
  const argument = value === undefined ? '' : ` ${value}`;
  if (long === undefined) return `-${short}${argument}`;
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${argument}`;
}

/** The two options that every command has; spread them into its table. */
export const COMMON_OPTIONS = {
  help: { long: 'help', help: 'show this text' },
  version: { long: 'version', help: 'show the version' },
} as const satisfies Record<string, OptionRule>;
