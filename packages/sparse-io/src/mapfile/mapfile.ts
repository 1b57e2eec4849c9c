import type { ByteRange } from '../base/byte-range.ts';
import { SparseError } from '../base/errors.ts';

/**
 * State of a range of the source. `+` was read; `-` could not be read; `?` was not tried; `*` and `/` are failed areas in
 * which some blocks were not tried yet.
 */
export type MapStatus = '+' | '-' | '?' | '*' | '/';

/** A range of the source, and its state. */
export interface MapRange extends ByteRange {
  readonly status: MapStatus;
}

/** Which ranges of a source were read: the mapfile of GNU ddrescue. */
export interface Mapfile {
  /** Byte at which the next attempt begins. */
  readonly currentOffset: number;
  /** The last activity: `?` copying, `*` trimming, `/` scraping, `-` retrying, `F` filling, `G` generating, `+` finished. */
  readonly currentStatus: string;
  /** The number of the last pass, from 1. */
  readonly currentPass: number;
  /** Ascending and adjacent: each begins at the end of the previous one. The first may begin after byte 0. */
  readonly ranges: readonly MapRange[];
}

const NUMBER = /^(0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i;

function number(text: string, line: number): number {
  const value = !NUMBER.test(text) ? NaN : /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  if (!Number.isSafeInteger(value)) throw bad(line, `'${text}' is not an offset`);
  return value;
}

const bad = (line: number, what: string): SparseError =>
  new SparseError('SPARSE_BAD_MAPFILE', `mapfile line ${line}: ${what}`);

const isMapStatus = (text: string): text is MapStatus => /^[-+?*/]$/.test(text);

/**
 * Parse a mapfile. Numbers may be decimal, 0x hexadecimal or 0 octal; lines that begin with `#` are comments.
 *
 * Source: GNU ddrescue manual, "Mapfile structure".
 *
 * @throws SparseError SPARSE_BAD_MAPFILE with the line number, for any text that ddrescue would refuse, too
 */
export function parseMapfile(text: string): Mapfile {
  let current: Pick<Mapfile, 'currentOffset' | 'currentStatus' | 'currentPass'> | undefined;
  const ranges: MapRange[] = [];
  let end: number | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const words = raw.trim().split(/\s+/);
    const [first = '', second = '', third = ''] = words;
    if (first === '' || first.startsWith('#')) continue;
    if (current === undefined) {
      if (!/^[-?*/FG+]$/.test(second) || words.length > 3) throw bad(line, `'${raw.trim()}' is not a status line`);
      const currentPass = third === '' ? 1 : number(third, line);
      current = { currentOffset: number(first, line), currentStatus: second, currentPass };
      continue;
    }
    if (words.length !== 3 || !isMapStatus(third)) throw bad(line, `'${raw.trim()}' is not a range`);
    const range: MapRange = { offset: number(first, line), length: number(second, line), status: third };
    if (range.length === 0 || !Number.isSafeInteger(range.offset + range.length)) throw bad(line, 'bad length');
    if (end !== undefined && range.offset !== end) throw bad(line, `range begins at ${range.offset}, not at ${end}`);
    end = range.offset + range.length;
    ranges.push(range);
  }
  if (current === undefined) throw bad(1, 'no status line');
  return { ...current, ranges };
}

const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;

/**
 * Encode a mapfile as ddrescue writes it. `parseMapfile` is the inverse.
 *
 * @param comment the program that made the file; one line
 */
export const encodeMapfile = (map: Mapfile, comment = ''): string =>
  `${mapfileHead(map, comment)}${map.ranges.map(mapfileLine).join('')}`;

/** The lines before the ranges, for a file that is written range by range. */
export function mapfileHead(map: Omit<Mapfile, 'ranges'>, comment = ''): string {
  const lines = [
    `# Mapfile.${comment === '' ? '' : ` ${comment.replaceAll('\n', ' ')}`}`,
    '# current_pos  current_status  current_pass',
    `${hex(map.currentOffset)}     ${map.currentStatus}               ${map.currentPass}`,
    '#      pos        size  status',
  ];
  return `${lines.join('\n')}\n`;
}

/** The line of a range. */
export const mapfileLine = ({ offset, length, status }: MapRange): string =>
  `${hex(offset)}  ${hex(length)}  ${status}\n`;

/** The same bytes as ascending ranges that do not touch. Empty ranges are dropped. */
function merge(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: { offset: number; length: number }[] = [];
  for (const { offset, length } of ranges.filter((r) => r.length > 0).sort((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && offset <= last.offset + last.length) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else {
      merged.push({ offset, length });
    }
  }
  return merged;
}

/** The path of the mapfile beside an image: it records which zeros of the image replace bytes that could not be read. */
export const mapfileOf = (image: string): string => `${image}.mapfile`;

/**
 * The bytes before `size` that a map does not record as read: failed, untried, or outside all its ranges. Ascending;
 * adjacent ranges are merged.
 */
export function unreadRanges(map: Mapfile, size: number): ByteRange[] {
  const unread: ByteRange[] = [];
  let at = 0;
  for (const { offset, length, status } of map.ranges) {
    if (offset >= size) break;
    if (offset > at) unread.push({ offset: at, length: offset - at });
    if (status !== '+') unread.push({ offset, length: Math.min(length, size - offset) });
    at = Math.min(size, offset + length);
  }
  if (at < size) unread.push({ offset: at, length: size - at });
  return merge(unread);
}
