import { openFilesystem, type Problem } from '@e2image/ext-core';
import { type NormalImage, openNormalImage } from '@e2image/normal-image';
import { type ByteRange, memorySource, type Source } from '@e2image/sparse-io';
import { JoinedSegments } from '../base/joined-segments.ts';
import { arrange, overlay, type Segment, without } from '../base/segments.ts';
import { blockSet, type ImageContent, KindSets, SUPERBLOCK_RANGE, wholeBlocks, zeros } from './content.ts';

/**
 * What a normal image puts back: see `NormalImage.parts`.
 *
 * @param unread bytes of the file system that were never read
 * @throws ExtError when the source is not a normal image or contradicts itself; RestoreError RESTORE_TOO_LARGE
 */
export function normalContent(source: Source, unread: readonly ByteRange[]): ImageContent {
  const image = openNormalImage(source);
  const { header, superblock: sb, superblockBytes } = image;
  const problems: Problem[] = [];
  const { segments, kinds } = collect(image, unread, problems);
  const { kept, removed } = without(segments, wholeBlocks(unread, sb.blockSize));
  const whole = overlay(zeros(sb.blocksCount * sb.blockSize), [superblockSegment(superblockBytes), ...segments]);
  return {
    format: 'normal',
    fs: openFilesystem(whole),
    superblock: superblockBytes,
    segments: kept,
    kinds: kinds.sets,
    unread: removed,
    problems,
    hasJournal: false,
    origin: { hostName: header.hostName, deviceName: header.deviceName, createdAt: header.createdAt },
  };
}

function collect(
  image: NormalImage,
  unread: readonly ByteRange[],
  problems: Problem[],
): { segments: Segment[]; kinds: KindSets } {
  const { blockSize } = image.superblock;
  const segments = new JoinedSegments();
  const kinds = new KindSets();
  const parts = image.parts({
    unread: blockSet(unread, blockSize),
    onProblem: (problem) => problems.push(problem),
  });
  for (const { kind, block, count, source, from } of parts) {
    kinds.add(kind, block, count);
    segments.add(kind, { offset: block * blockSize, length: count * blockSize, source, from });
  }
  return { segments: arrange(segments.list), kinds };
}

const superblockSegment = (superblock: Uint8Array): Segment => ({
  ...SUPERBLOCK_RANGE,
  source: memorySource(superblock),
  from: 0,
});
