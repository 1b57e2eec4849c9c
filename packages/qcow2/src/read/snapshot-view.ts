import { Qcow2Error } from '../base/errors.ts';
import type { Steps } from '../base/steps.ts';
import { checkVirtualSize } from '../format/header-check.ts';
import type { SnapshotInfo } from '../format/snapshot-entry.ts';
import type { OpenOptions } from '../io/open-options.ts';
import type { Chain } from './chain.ts';
import { type Layer, mapOf, type Qcow2Layer, type Strictness } from './layer.ts';
import { readSnapshots } from './snapshots.ts';

/** Which snapshot to read, and how long its disk is taken to be. */
export interface SnapshotSelection {
  /** Its id, or its name where no snapshot has such an id. */
  readonly snapshot: string;
  /**
   * `snapshot`: as long as the disk was when it was taken (default). `current`: as long as it is now; that is how
   * `qemu-img convert -l` exports it.
   */
  readonly size?: 'snapshot' | 'current';
}

/**
 * The chain with a snapshot instead of the first image's active state.
 *
 * @throws Qcow2Error QCOW2_NO_SNAPSHOT, QCOW2_TOO_LARGE above the caller's limit, and as `readSnapshots`
 */
export function* snapshotChain(
  chain: Chain,
  { snapshot, size = 'snapshot' }: SnapshotSelection,
  options: Strictness & Pick<OpenOptions, 'maxVirtualSize'>,
): Steps<Chain> {
  const [active, ...backing] = chain.layers;
  if (active === undefined || active.kind === 'raw') throw new TypeError('a raw file has no snapshots');
  const { snapshots } = yield* readSnapshots(active.file, active.info);
  const found = snapshots.find(({ id }) => id === snapshot) ?? snapshots.find(({ name }) => name === snapshot);
  if (found === undefined) {
    throw new Qcow2Error('QCOW2_NO_SNAPSHOT', `no snapshot with id or name ${JSON.stringify(snapshot)}`);
  }
  const layer = snapshotLayer(active, found, { chain, size, strictness: options });
  checkVirtualSize(layer.size, options.maxVirtualSize);
  return { ...chain, layers: [layer, ...backing] satisfies Layer[] };
}

function snapshotLayer(
  active: Qcow2Layer,
  { l1Offset, l1Entries, diskSize }: SnapshotInfo,
  { chain, size, strictness }: { chain: Chain; size: 'snapshot' | 'current'; strictness: Strictness },
): Qcow2Layer {
  const l1 = { offset: l1Offset, entries: l1Entries };
  const map = mapOf(active, l1, { ...strictness, cache: chain.cache, cacheKey: `0 at ${l1Offset} of ${l1Entries}` });
  const length = size === 'current' ? active.size : (diskSize ?? active.size);
  return { ...active, size: length - (length % 512), map };
}
