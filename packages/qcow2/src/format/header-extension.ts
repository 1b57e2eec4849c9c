import { Qcow2Error } from '../base/errors.ts';
import { type Field, u8, u32, u64, viewOf } from './field.ts';
import { decodeText } from './text.ts';

/**
 * Types of header extension. Source: qcow2.rst, "Header extensions"; `provenance` is this project's own, see
 * provenance.ts.
 */
export const EXTENSION = {
  end: 0,
  backingFormat: 0xe279_2aca,
  featureNames: 0x6803_f857,
  bitmaps: 0x2385_2875,
  cryptoHeader: 0x0537_be77,
  dataFile: 0x4441_5441,
  provenance: 0x6532_6d70,
} as const;

/** What comes before an extension's data. Source: qcow2.rst, "Header extensions". */
export const extensionLayout = { type: u32(0), length: u32(4) } as const satisfies Record<string, Field>;

/** Bytes before an extension's data. */
export const EXTENSION_HEADER_SIZE = 8;

/** The data of the extension that points to the encryption header. Source: qcow2.rst, "Full disk encryption header pointer". */
export const cryptoHeaderLayout = { offset: u64(0), length: u64(8) } as const satisfies Record<string, Field>;

/** Bytes of that extension's data. */
export const CRYPTO_HEADER_SIZE = 16;

/** One header extension, known or not: code that rewrites a header keeps the unknown ones. */
export interface HeaderExtension {
  readonly type: number;
  /** Its bytes without the padding to a multiple of 8. */
  readonly data: Uint8Array;
}

/** Bytes that an extension takes in the header. */
export function extensionSize(dataLength: number): number {
  return EXTENSION_HEADER_SIZE + Math.ceil(dataLength / 8) * 8;
}

/**
 * The extensions in `[from, to)` of cluster 0, up to the end mark. The returned data are copies.
 *
 * @throws Qcow2Error QCOW2_CORRUPT when one runs past `to`, or a known type comes twice
 */
export function decodeExtensions(cluster: Uint8Array, from: number, to: number): HeaderExtension[] {
  const view = viewOf(cluster);
  const known: ReadonlySet<number> = new Set(Object.values(EXTENSION));
  const extensions: HeaderExtension[] = [];
  const seen = new Set<number>();
  let at = from;
  while (at + EXTENSION_HEADER_SIZE <= to) {
    const type = extensionLayout.type.get(view, at);
    if (type === EXTENSION.end) break;
    const length = extensionLayout.length.get(view, at);
    const start = at + EXTENSION_HEADER_SIZE;
    const name = `header extension 0x${type.toString(16).padStart(8, '0')}`;
    if (length > to - start) {
      const message = `${name} at byte ${at} is ${length} bytes long, ${to - start} are left for it`;
      throw new Qcow2Error('QCOW2_CORRUPT', message, { detail: { field: 'extension', hostOffset: at, value: length } });
    }
    if (known.has(type) && seen.has(type)) {
      throw new Qcow2Error('QCOW2_CORRUPT', `${name} comes twice`, {
        detail: { field: 'extension', hostOffset: at, value: type },
      });
    }
    seen.add(type);
    extensions.push({ type, data: cluster.slice(start, start + length) });
    at += extensionSize(length);
  }
  return extensions;
}

/** Write `extensions` and the end mark at byte `from` of `cluster`, which must have room. @returns the byte after */
export function encodeExtensions(cluster: Uint8Array, from: number, extensions: readonly HeaderExtension[]): number {
  const view = viewOf(cluster);
  let at = from;
  for (const { type, data } of extensions) {
    extensionLayout.type.set(view, at, type);
    extensionLayout.length.set(view, at, data.length);
    cluster.set(data, at + EXTENSION_HEADER_SIZE);
    at += extensionSize(data.length);
  }
  return at + EXTENSION_HEADER_SIZE;
}

/** Data of the first extension of a type. */
export function findExtension(extensions: readonly HeaderExtension[], type: number): Uint8Array | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}

/** An extension that holds a string: UTF-8, no terminator. */
export function stringExtension(type: number, text: string): HeaderExtension {
  return { type, data: new TextEncoder().encode(text) };
}

/** A name of a feature bit that the image itself carries. */
export interface FeatureName {
  readonly kind: 'incompatible' | 'compatible' | 'autoclear';
  readonly bit: number;
  readonly name: string;
}

const FEATURE_KINDS = ['incompatible', 'compatible', 'autoclear'] as const;

/** An entry of the feature name table: the name fills the rest, padded with zeros. Source: qcow2.rst, "Feature name table". */
export const featureNameLayout = { type: u8(0), bit: u8(1) } as const satisfies Record<string, Field>;

/** Bytes of an entry, and of what comes before the name. */
const FEATURE_NAME_SIZE = 48;
const FEATURE_NAME_AT = 2;

/** Decode a feature name table. Entries of an unknown type are left out; bytes that are not UTF-8 become U+FFFD. */
export function decodeFeatureNames(data: Uint8Array): FeatureName[] {
  const view = viewOf(data);
  const names: FeatureName[] = [];
  for (let at = 0; at + FEATURE_NAME_SIZE <= data.length; at += FEATURE_NAME_SIZE) {
    const kind = FEATURE_KINDS[featureNameLayout.type.get(view, at)];
    const text = decodeText(data.subarray(at + FEATURE_NAME_AT, at + FEATURE_NAME_SIZE));
    if (kind !== undefined)
      names.push({ kind, bit: featureNameLayout.bit.get(view, at), name: text.replace(/\0.*$/s, '') });
  }
  return names;
}
