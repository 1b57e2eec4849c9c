import { printable } from '@e2image/cli';

/** A value of the description; the names are those of `qemu-img info --output=json`. */
export type InfoValue = string | number | boolean | readonly InfoValue[] | { readonly [name: string]: InfoValue };

/** Names whose title in `qemu-img info` is not the name with spaces for hyphens. */
const TITLES: Readonly<Record<string, string>> = {
  filename: 'image',
  format: 'file format',
  'cluster-size': 'cluster_size',
  'actual-size': 'disk size',
  'backing-filename': 'backing file',
  'backing-filename-format': 'backing file format',
  'full-backing-filename': 'actual backing file',
  'format-specific': 'format specific information',
  snapshots: 'snapshot list',
  'dirty-flag': 'dirty',
};
/** The names that come first; the others follow in their own order. */
const ORDER = ['filename', 'format', 'virtual-size', 'actual-size', 'encrypted', 'cluster-size'] as const;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** The description for people: one fact per line, with the newline. */
export function infoText(info: { readonly [name: string]: InfoValue }): string {
  const first = ORDER.filter((name) => name in info);
  const rest = Object.keys(info).filter((name) => !first.some((known) => known === name));
  return [...first, ...rest].map((name) => entry(name, info[name] ?? '', 0)).join('');
}

function entry(name: string, value: InfoValue, depth: number): string {
  const indent = '    '.repeat(depth);
  const title = TITLES[name] ?? name.replaceAll('-', ' ');
  if (typeof value === 'object') {
    const inner = Object.entries(value)
      .map(([key, part]) => entry(Array.isArray(value) ? `[${key}]` : key, part, depth + 1))
      .join('');
    return `${indent}${title}:\n${inner}`;
  }
  return `${indent}${title}: ${name.endsWith('-size') ? sizeText(name, Number(value)) : printable(String(value))}\n`;
}

function sizeText(name: string, bytes: number): string {
  if (name === 'cluster-size') return `${bytes}`;
  const unit = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const short = `${Number((bytes / 1024 ** unit).toPrecision(3))} ${UNITS[unit]}`;
  return name === 'virtual-size' ? `${short} (${bytes} bytes)` : short;
}
