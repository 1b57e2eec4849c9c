import minimist from 'minimist';
import { usageError } from '../world/errors.ts';

/** How one option is spelled. The code names it by its key in the table. */
export interface OptionSpelling {
  /** The letter of `-x`. */
  readonly short?: string;
  /** The word of `--word`. */
  readonly long?: string;
  /** Placeholder of its argument in texts, as `FILE`; an option without one takes none. */
  readonly value?: string;
  /** `refuse`: a second one is a usage error. Default: a repeated flag has no effect, and the last argument counts. */
  readonly repeat?: 'refuse';
}

/** What was typed. */
export interface Typed {
  /** Keys of the options given that take no argument. */
  readonly flags: ReadonlySet<string>;
  /** Arguments of the options given that take one, by key; the last of each. */
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

interface Token {
  readonly key: string;
  readonly value?: string;
}

/**
 * Read a command line as getopt_long(3) does: clusters, arguments attached or in the next word, options after
 * operands unless `isPosix`, `--` ends options. It knows the spelling of options only.
 *
 * @throws CliError CLI_USAGE with getopt's texts
 */
export function getopt(
  argv: readonly string[],
  spellings: Readonly<Record<string, OptionSpelling>>,
  { isPosix = false }: { isPosix?: boolean } = {},
): Typed {
  const { tokens, operands } = splitWords(argv, spellings, isPosix);
  refuseRepeats(tokens, spellings);
  const keys = Object.keys(spellings);
  const string = keys.filter((key) => spellings[key]?.value !== undefined);
  const boolean = keys.filter((key) => spellings[key]?.value === undefined);
  // minimist alone is not a getopt (it reads `-rb8193` as `-r b8193`, and drops the -1 of `-b -1`): it is given
  // one argument per option, in the only form that it always reads correctly.
  const words = tokens.map(({ key, value }) => (value === undefined ? `--${key}` : `--${key}=${value}`));
  const parsed = minimist([...words, '--', ...operands], { string: [...string, '_'], boolean });
  return {
    flags: new Set(boolean.filter((key) => parsed[key] === true)),
    values: new Map(string.flatMap((key) => lastValue(key, parsed[key]))),
    operands: parsed._,
  };
}

function lastValue(key: string, value: unknown): (readonly [string, string])[] {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? [[key, last]] : [];
}

function splitWords(argv: readonly string[], spellings: Readonly<Record<string, OptionSpelling>>, isPosix: boolean) {
  const tokens: Token[] = [];
  const operands: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') return { tokens, operands: [...operands, ...words] };
    if (word === '-' || !word.startsWith('-')) {
      if (isPosix) return { tokens, operands: [word, ...words] };
      operands.push(word);
    } else if (word.startsWith('--') && hasLong(spellings)) {
      tokens.push(longOption(word, words, spellings));
    } else {
      tokens.push(...cluster(word, words, spellings));
    }
  }
  return { tokens, operands };
}

function hasLong(spellings: Readonly<Record<string, OptionSpelling>>): boolean {
  return Object.values(spellings).some(({ long }) => long !== undefined);
}

/** `--word`, `--word=value`, `--word value`. No abbreviations: they would break when a longer word is added. */
function longOption(word: string, rest: string[], spellings: Readonly<Record<string, OptionSpelling>>): Token {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const found = Object.entries(spellings).find(([, { long }]) => long === name);
  if (found === undefined) throw usageError(`unrecognized option '--${name}'`);
  const [key, { value }] = found;
  if (value === undefined) {
    if (equals >= 0) throw usageError(`option '--${name}' doesn't allow an argument`);
    return { key };
  }
  const argument = equals < 0 ? rest.shift() : word.slice(equals + 1);
  if (argument === undefined) throw usageError(`option '--${name}' requires an argument`);
  return { key, value: argument };
}

/** `-raO1048576` -> r, a, O with its argument; the argument may also be the next word. */
function cluster(word: string, rest: string[], spellings: Readonly<Record<string, OptionSpelling>>): Token[] {
  const tokens: Token[] = [];
  for (let at = 1; at < word.length; ) {
    const letter = String.fromCodePoint(word.codePointAt(at) ?? 0);
    at += letter.length;
    const found = Object.entries(spellings).find(([, { short }]) => short === letter);
    if (found === undefined) throw usageError(`invalid option -- '${letter}'`);
    const [key, { value }] = found;
    if (value === undefined) {
      tokens.push({ key });
      continue;
    }
    const argument = word.slice(at) || rest.shift();
    if (argument === undefined) throw usageError(`option requires an argument -- '${letter}'`);
    return [...tokens, { key, value: argument }];
  }
  return tokens;
}

function refuseRepeats(tokens: readonly Token[], spellings: Readonly<Record<string, OptionSpelling>>): void {
  const seen = new Set<string>();
  for (const { key } of tokens) {
    if (seen.has(key) && spellings[key]?.repeat === 'refuse') throw usageError();
    seen.add(key);
  }
}
