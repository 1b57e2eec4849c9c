import { distanceOf } from './disk/geometry.ts';
import type { OpenMove } from './plan/open-move.ts';
import { usedBytes } from './used/used-map.ts';

/** What a move would do, for standard output: one fact a line, as `name: value`. */
export function planText({ device, task, journal, notes }: OpenMove): string {
  const { move, map, blockSize } = task;
  const facts: readonly (readonly [string, string | number])[] = [
    ['device', device.path],
    ['from byte', move.source],
    ['to byte', move.destination],
    ['distance', distanceOf(move)],
    ['blocks', `${move.length / blockSize} of ${blockSize} bytes`],
    ['blocks to copy', Math.ceil(usedBytes(map) / blockSize)],
    ['record', journal ?? 'inside the device'],
    ...notes.map((note) => ['note', note] as const),
  ];
  return facts.map(([name, value]) => `${name}: ${value}\n`).join('');
}
