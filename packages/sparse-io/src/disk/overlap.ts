import { deviceName } from './device-number.ts';
import { type DiskView, realDisks } from './disk-view.ts';

/** Bytes `[offset, offset + length)` of what a path names. Default: all of it. */
export interface PathRange {
  readonly path: string;
  readonly offset?: number;
  readonly length?: number;
}

/** Bytes `[start, end)` of one file or device. `isPartOf` says: somewhere in there, and nobody knows where. */
interface Place {
  readonly medium: string;
  readonly start: number;
  readonly end: number;
  readonly isPartOf: boolean;
}

const SECTOR = 512;
/** Devices stacked on devices; nobody stacks more, and a made-up sysfs could be a circle. */
const MAX_DEPTH = 12;

/**
 * Whether two paths share bytes: the same file by any name, or overlapping ranges of one disk, seen through
 * partitions, loop devices and device mapper. Writing one while reading the other destroys the source.
 *
 * Two volumes that device mapper keeps on one disk are taken to be apart, as it keeps them apart.
 * Source: kernel Documentation/ABI/stable/sysfs-block (start, size, slaves), testing/sysfs-block-loop.
 *
 * @returns `same` when both name one file or device, `overlap` for ranges of one disk, undefined when they are apart
 */
export function overlapOf(a: PathRange, b: PathRange, disks: DiskView = realDisks): 'same' | 'overlap' | undefined {
  const [ours, theirs] = [placesOf(a, disks), placesOf(b, disks)];
  if (!ours.some((place) => theirs.some((other) => clash(place, other)))) return undefined;
  return ours[0]?.medium === theirs[0]?.medium ? 'same' : 'overlap';
}

function clash(a: Place, b: Place): boolean {
  return a.medium === b.medium && a.start < b.end && b.start < a.end && !(a.isPartOf && b.isPartOf);
}

/** The bytes as the path's own, then as those of each thing below it. */
function placesOf({ path, offset = 0, length = Infinity }: PathRange, disks: DiskView): Place[] {
  const identity = disks.identify(path);
  const range = { start: offset, end: offset + length, isPartOf: false };
  if (identity?.kind === 'file') return [{ ...range, medium: `file ${identity.dev} ${identity.ino}` }];
  if (identity?.kind !== 'block-device') return [];
  return devicePlaces(deviceName(identity.rdev), range, disks, MAX_DEPTH);
}

function devicePlaces(device: string, range: Omit<Place, 'medium'>, disks: DiskView, depth: number): Place[] {
  const folder = `/sys/dev/block/${device}`;
  const size = numberIn(disks, `${folder}/size`);
  const end = size === undefined ? range.end : Math.min(range.end, size * SECTOR);
  const own = { ...range, end, medium: `device ${device}` };
  if (depth === 0) return [own];
  const below = (name: string, inner: Omit<Place, 'medium'>): Place[] => devicePlaces(name, inner, disks, depth - 1);

  const start = numberIn(disks, `${folder}/start`);
  // The kernel resolves `..` after the link, so this is the disk that the partition belongs to.
  const disk = disks.readText(`${folder}/../dev`);
  if (disks.readText(`${folder}/partition`) !== undefined && start !== undefined && disk !== undefined) {
    return [own, ...below(disk, shifted(own, start * SECTOR))];
  }
  const backing = disks.readText(`${folder}/loop/backing_file`);
  if (backing !== undefined) return [own, ...backingPlaces(backing, own, folder, disks, depth)];
  const slaves = disks.list(`${folder}/slaves`).flatMap((name) => disks.readText(`${folder}/slaves/${name}/dev`) ?? []);
  return [own, ...slaves.flatMap((slave) => below(slave, { start: 0, end: Infinity, isPartOf: true }))];
}

function backingPlaces(backing: string, own: Place, folder: string, disks: DiskView, depth: number): Place[] {
  const inner = shifted(own, numberIn(disks, `${folder}/loop/offset`) ?? 0);
  const identity = disks.identify(backing);
  if (identity?.kind === 'file') return [{ ...inner, medium: `file ${identity.dev} ${identity.ino}` }];
  return identity?.kind === 'block-device' ? devicePlaces(deviceName(identity.rdev), inner, disks, depth - 1) : [];
}

function shifted({ start, end, isPartOf }: Place, by: number): Omit<Place, 'medium'> {
  return { start: start + by, end: end + by, isPartOf };
}

function numberIn(disks: DiskView, path: string): number | undefined {
  const text = disks.readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
