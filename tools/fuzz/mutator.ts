import type { BytesField, Field } from '@e2image/ext-core/structures';

/** Numbers of one seed: `draw(n)` gives 0 <= x < n. */
export type Draw = (limit: number) => number;

/** xorshift32: the same seed, the same cases. */
export function dice(seed: number): Draw {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** One structure of an image, whose fields are worth changing. */
export interface Structure {
  /** Byte where it begins. */
  readonly at: number;
  /** Undefined: numbers without names, as in a table of pointers. */
  readonly layout?: Readonly<Record<string, Field | BytesField>>;
  /** Bytes, for numbers without names. */
  readonly length?: number;
  readonly bigEndian?: boolean;
}

/** A sound image, and where its structures are. */
export interface Subject {
  readonly bytes: Uint8Array;
  readonly structures: readonly Structure[];
}

/** Values at which arithmetic goes wrong. */
const EDGES = [
  0, 1, 2, 7, 31, 32, 255, 256, 1023, 1024, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe,
  0xffff_ffff,
];

/** A hostile copy: one to four fields changed, sometimes cut short; which ones, `draw` says. */
export function mutate({ bytes, structures }: Subject, draw: Draw): Uint8Array {
  const hostile = bytes.slice();
  const view = new DataView(hostile.buffer);
  for (let left = 1 + draw(4); left > 0; left--) {
    const structure = structures[draw(structures.length)];
    if (structure === undefined) break;
    if (draw(12) === 0) copyOver(hostile, structure, structures[draw(structures.length)] ?? structure);
    else if (structure.layout === undefined) changeNumber(view, structure, draw);
    else changeField(view, structure.at, structure.layout, draw);
  }
  return draw(40) === 0 ? hostile.subarray(0, draw(hostile.length)) : hostile;
}

/** One structure where another is expected. */
function copyOver(bytes: Uint8Array, to: Structure, from: Structure): void {
  bytes.set(bytes.slice(from.at, from.at + Math.min(128, bytes.length - to.at)), to.at);
}

function changeField(view: DataView, at: number, layout: NonNullable<Structure['layout']>, draw: Draw): void {
  const fields = Object.values(layout);
  const field = fields[draw(fields.length)];
  if (field === undefined) return;
  if ('set' in field) field.set(view, at, otherValue(field.get(view, at), draw));
  else field.get(view, at).fill(draw(256));
}

function changeNumber(view: DataView, { at, length = 4, bigEndian = false }: Structure, draw: Draw): void {
  const place = at + 4 * draw(Math.floor(length / 4));
  view.setUint32(place, otherValue(view.getUint32(place, !bigEndian), draw), !bigEndian);
}

function otherValue(value: number, draw: Draw): number {
  const edge = EDGES[draw(EDGES.length)] ?? 0;
  const others = [edge, value + 1, value - 1, value ^ (1 << draw(32)), value * 2, draw(2 ** 31), draw(1024)];
  return (others[draw(others.length)] ?? 0) >>> 0;
}
