import { type ByteRange, rangesOverlap } from '../base/byte-range.ts';
import { SECTOR } from '../base/sector.ts';
import { deviceName } from './device-name.ts';
import { type DiskView, realDisks } from './disk-view.ts';

/** Bytes `[offset, offset + length)` of what a path names. Default: all of it. */
export interface PathRange extends Partial<ByteRange> {
  readonly path: string;
}

/** A range of one file or device. Where `isPartOf` is true, its bytes are somewhere in that range, at unknown offsets. */
interface MediumRange extends ByteRange {
  readonly medium: string;
  readonly isPartOf: boolean;
}

type OwnRange = Omit<MediumRange, 'medium'>;

/** Most devices stacked on devices that are followed: more do not occur, and a damaged sysfs could contain a cycle. */
const MAX_DEPTH = 12;

/**
 * Whether two paths share bytes: the same file by any name, or overlapping ranges of one disk, seen through
 * partitions, loop devices and device mapper. Writing one while reading the other destroys the source.
 *
 * Two volumes of device mapper on the same disk count as disjoint: device mapper keeps them so.
 * Source: kernel Documentation/ABI/stable/sysfs-block (start, size, slaves), testing/sysfs-block-loop.
 *
 * @returns `same` when both name one file or device, `overlap` for ranges of one disk, undefined when they are disjoint
 */
export function overlapOf(a: PathRange, b: PathRange, disks: DiskView = realDisks): 'same' | 'overlap' | undefined {
  const [ours, theirs] = [mediaOf(a, disks), mediaOf(b, disks)];
  if (!ours.some((range) => theirs.some((other) => shareBytes(range, other)))) return undefined;
  return ours[0]?.medium === theirs[0]?.medium ? 'same' : 'overlap';
}

const shareBytes = (a: MediumRange, b: MediumRange): boolean =>
  a.medium === b.medium && rangesOverlap(a, b) && !(a.isPartOf && b.isPartOf);

/** The same bytes as a range of the file or device itself, then of each device or file that it is stored on. */
function mediaOf({ path, offset = 0, length = Infinity }: PathRange, disks: DiskView): MediumRange[] {
  const identity = disks.identify(path);
  const range = { offset, length, isPartOf: false };
  if (identity?.kind === 'file') return [{ ...range, medium: `file ${identity.dev} ${identity.ino}` }];
  if (identity?.kind !== 'block-device') return [];
  return deviceMedia(deviceName(identity.rdev), range, disks, MAX_DEPTH);
}

function deviceMedia(device: string, range: OwnRange, disks: DiskView, depth: number): MediumRange[] {
  const folder = `/sys/dev/block/${device}`;
  const own = { ...cut(range, numberIn(disks, `${folder}/size`)), medium: `device ${device}` };
  if (depth === 0) return [own];
  const below = (name: string, inner: OwnRange): MediumRange[] => deviceMedia(name, inner, disks, depth - 1);

  const start = numberIn(disks, `${folder}/start`);
  // The kernel resolves `..` after the link, so this is the disk that the partition belongs to.
  const disk = disks.readText(`${folder}/../dev`);
  if (disks.readText(`${folder}/partition`) !== undefined && start !== undefined && disk !== undefined) {
    return [own, ...below(disk, shifted(own, start * SECTOR))];
  }
  const backing = disks.readText(`${folder}/loop/backing_file`);
  if (backing !== undefined) return [own, ...backingMedia(backing, own, folder, disks, depth)];
  const slaves = disks.list(`${folder}/slaves`).flatMap((name) => disks.readText(`${folder}/slaves/${name}/dev`) ?? []);
  return [own, ...slaves.flatMap((slave) => below(slave, { offset: 0, length: Infinity, isPartOf: true }))];
}

function backingMedia(backing: string, own: OwnRange, folder: string, disks: DiskView, depth: number): MediumRange[] {
  const inner = shifted(own, numberIn(disks, `${folder}/loop/offset`) ?? 0);
  const identity = disks.identify(backing);
  if (identity?.kind === 'file') return [{ ...inner, medium: `file ${identity.dev} ${identity.ino}` }];
  return identity?.kind === 'block-device' ? deviceMedia(deviceName(identity.rdev), inner, disks, depth - 1) : [];
}

/** The part of a range before the end of its device. */
const cut = (range: OwnRange, sectors: number | undefined): OwnRange =>
  sectors === undefined ? range : { ...range, length: Math.min(range.length, sectors * SECTOR - range.offset) };

const shifted = ({ offset, length, isPartOf }: OwnRange, by: number): OwnRange => ({
  offset: offset + by,
  length,
  isPartOf,
});

function numberIn(disks: DiskView, path: string): number | undefined {
  const text = disks.readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
