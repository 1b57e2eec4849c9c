import fc from 'fast-check';
import { type ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';

/** What a cluster of a made-up disk holds. */
export type Content = 'unmapped' | 'zeros' | 'text' | 'noise' | 'last byte';

/** A made-up disk. */
export interface Disk {
  readonly bytes: Uint8Array;
  readonly clusterBits: number;
  readonly runs: readonly ClusterRun[];
  readonly stored: number;
}

/** A disk of such clusters; the last one is cut short by `cut` bytes. */
export function makeDisk(clusterBits: number, contents: readonly Content[], cut: number): Disk {
  const size = 2 ** clusterBits;
  const bytes = new Uint8Array(contents.length * size);
  let seed = 1;
  const noise = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed >>> 24;
  };
  for (const [index, content] of contents.entries()) {
    const cluster = bytes.subarray(index * size, (index + 1) * size);
    if (content === 'text') cluster.set(cluster.map((_, i) => 97 + ((i + index) % 13)));
    if (content === 'noise') cluster.set(cluster.map(noise));
    if (content === 'last byte') cluster[size - cut - 1] = 1;
  }
  const mapped = contents.flatMap((content, index) => (content === 'unmapped' ? [] : [{ start: index, count: 1 }]));
  return {
    bytes: bytes.slice(0, Math.max(0, bytes.length - cut)),
    clusterBits,
    runs: [...ClusterRuns.from(mapped)],
    stored: contents.filter((content) => content !== 'unmapped' && content !== 'zeros').length,
  };
}

const content = fc.constantFrom<Content>('unmapped', 'unmapped', 'zeros', 'text', 'text', 'noise', 'last byte');
/** Random disks. */
export const disk = fc
  .tuple(fc.constantFrom(9, 10, 12, 16), fc.array(content, { maxLength: 150 }), fc.integer({ min: 0, max: 511 }))
  .map(([clusterBits, contents, cut]) => {
    const most = clusterBits === 16 ? 20 : 150;
    return makeDisk(clusterBits, contents.slice(0, most), contents.length === 0 ? 0 : cut);
  });
