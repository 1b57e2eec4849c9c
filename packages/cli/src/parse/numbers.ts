import { printable } from '../output/printable.ts';
import { CliError } from '../world/errors.ts';

/** What a number on the command line may be. */
export interface NumberRule {
  /** The name of the number in messages: `superblock number`. */
  readonly what: string;
  /** Smallest value. Default 0. */
  readonly min?: number;
  /** Largest value. Default 2^53 - 1. */
  readonly max?: number;
}

/** strtoull(3) with base 0: blanks, a sign, then hexadecimal, octal or decimal digits. */
const NUMBER = /^[ \t\n\v\f\r]*([+-]?)(?:0x([\da-f]+)|0([0-7]+)|(0|[1-9]\d*))$/i;

/**
 * A number as strtoull(3) with base 0 reads it: `4096`, `0x1000`, `010000`. Unlike the C tool, which takes `1k` for 1
 * and `-1` for 2^64 - 1, a text that is not wholly a number in range is an error.
 *
 * @throws CliError CLI_BAD_NUMBER
 */
export function parseNumber(text: string, { what, min = 0, max = Number.MAX_SAFE_INTEGER }: NumberRule): number {
  const found = NUMBER.exec(text);
  if (found === null) throw new CliError('CLI_BAD_NUMBER', `invalid ${what} '${printable(text)}'`);
  const [, sign, hexadecimal, octal, decimal] = found;
  const size =
    hexadecimal !== undefined
      ? Number(`0x${hexadecimal}`)
      : octal !== undefined
        ? Number(`0o${octal}`)
        : Number(decimal);
  const value = sign === '-' && size !== 0 ? -size : size;
  if (!(value >= min && value <= max)) {
    throw new CliError('CLI_BAD_NUMBER', `${what} '${printable(text)}' is not between ${min} and ${max}`);
  }
  return value;
}
