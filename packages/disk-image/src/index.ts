export { byteRuns, clusterRuns } from './block-runs.ts';
export {
  type ChainRules,
  type DiskOptions,
  type OpenDisk,
  openDisk,
  type Qcow2Disk,
  type RawDisk,
  recogniseDisk,
} from './open-disk.ts';
export { readableBytes } from './readable-bytes.ts';
export { readableDisk } from './readable-disk.ts';
export { measureQcow2, type PipeLayout, type Qcow2Options, writeQcow2, writeQcow2Stream } from './write-qcow2.ts';
