import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Draw } from '../fuzz/mutator.ts';
import { mutationPoints } from './points.ts';

/** A source file with some of its characters replaced. */
export interface Mutant {
  /** From the root of the repository. */
  readonly file: string;
  /** Characters `start` to `end` of the file become `text`. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** 1 for the first line. */
  readonly line: number;
  /** `<line as it was> -> <what changed>`, for people. */
  readonly what: string;
}

/** The text of a file with a mutant in it. */
export const withMutant = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);

/** Files of a package whose mutants unit tests should notice: without tests, what is made for tests, and `index.ts`. */
export function mutableFiles(packageRoot: string): string[] {
  return readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.(?:test|prove|fixture|kit|d))\.ts$/.test(path))
    .filter((path) => !/(^|\/)(testing\/.*|testing\.ts|index\.ts|bin\.ts)$/.test(path))
    .map((path) => join(packageRoot, 'src', path))
    .sort();
}

/**
 * Draw mutants, all points of all files with the same chance, and no point twice.
 *
 * @returns at most `count`, in the order in which they were drawn
 */
export function drawMutants(files: readonly string[], count: number, draw: Draw): Mutant[] {
  const points = files.flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    return mutationPoints(source).map((point) => ({ file, source, ...point }));
  });
  const drawn: Mutant[] = [];
  while (drawn.length < count && points.length > 0) {
    const [point] = points.splice(draw(points.length), 1);
    if (point === undefined) break;
    const { file, source, start, end, original, variants } = point;
    const text = variants[draw(variants.length)] ?? '';
    const before = source.slice(0, start).split('\n');
    const lineText = source.split('\n')[before.length - 1]?.trim() ?? '';
    const what = `${oneLine(original)} -> ${text}   in: ${lineText}`;
    drawn.push({ file, start, end, text, line: before.length, what });
  }
  return drawn;
}

/** A statement of several lines, cut. */
function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > 80 ? `${flat.slice(0, 77)}...` : flat;
}
