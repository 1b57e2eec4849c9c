import { hasCompat, hasIncompat, type Superblock, uuidText } from '@e2image/ext-core/structures';
import type { BlockRun, BlockSet } from '@e2image/ext-core/walk';
import type { ByteRange } from '@e2image/sparse-io';
import { blockSet } from '../image/content.ts';
import { dateText, type WritePlan } from './write-plan.ts';

/**
 * The image as a line for the user: format, origin and date of the image, file system, UUID, label, date.
 *
 * @param modifiedAt when the file of the image was last written, in seconds since 1970
 */
export function describeImage({ content }: WritePlan, modifiedAt: number | undefined): string {
  const { fs, format, origin } = content;
  const sb = fs.superblock;
  const label = sb.volumeName;
  const made = origin === undefined ? dateOf(modifiedAt) : originText(origin);
  return (
    `${format} image${made}: ${kindOf(sb)} file system, UUID ${uuidText(sb.uuid)}, ` +
    `${label === '' ? 'no label' : `label "${label}"`}, ${sb.blocksCount} blocks of ${sb.blockSize} bytes, ` +
    `last written ${dateText(sb.writtenAt)}`
  );
}

const dateOf = (seconds: number | undefined): string => (seconds === undefined ? '' : ` of ${dateText(seconds)}`);

function originText({ hostName, deviceName, createdAt }: NonNullable<WritePlan['content']['origin']>): string {
  const device = deviceName === '' ? '' : ` of ${deviceName}`;
  const host = hostName === '' ? '' : ` on ${hostName}`;
  return `${device}${host} made ${dateText(createdAt)}`;
}

/** The type of the file system, as blkid names it. */
function kindOf(sb: Superblock): string {
  const isExt4 = hasIncompat(sb, 'extents') || hasIncompat(sb, '64bit') || hasIncompat(sb, 'flex_bg');
  return isExt4 ? 'ext4' : hasCompat(sb, 'has_journal') ? 'ext3' : 'ext2';
}

/** How much differs, as a line for the user: `37 of 1024 blocks differ: 12 inode table, 1 superblock`. */
export function describeDifference(plan: WritePlan): string {
  const total = plan.ranges.reduce((sum, { length }) => sum + length / plan.blockSize, 1);
  const counts = new Map<string, number>();
  for (const { count, kind } of namedRuns(plan, plan.runs)) counts.set(kind, (counts.get(kind) ?? 0) + count);
  if (plan.superblock.differs) counts.set('superblock', 1);
  const differing = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (differing === 0) return `none of ${total} blocks differs`;
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
  return `${differing} of ${total} blocks differ: ${parts.join(', ')}`;
}

/** A run of blocks of the same kind. */
export interface NamedRun extends BlockRun {
  /** `inode table`, `directory` ... */
  readonly kind: string;
}

/** Runs, split where the kind of the blocks changes. */
export function namedRuns({ content }: WritePlan, runs: readonly BlockRun[]): NamedRun[] {
  const named: { start: number; count: number; kind: string }[] = [];
  for (const { start, count } of runs) {
    for (let block = start; block < start + count; block++) {
      const kind = kindOfBlock(content.kinds, block);
      const last = named.at(-1);
      if (last !== undefined && last.kind === kind && last.start + last.count === block) last.count++;
      else named.push({ start: block, count: 1, kind });
    }
  }
  return named;
}

function kindOfBlock(kinds: ReadonlyMap<string, BlockSet>, block: number): string {
  for (const [kind, set] of kinds) if (set.has(block)) return kind;
  return 'block';
}

/** Byte ranges as whole blocks. */
export const blocksOf = (ranges: readonly ByteRange[], blockSize: number): BlockRun[] => [
  ...blockSet(ranges, blockSize).runs(),
];
