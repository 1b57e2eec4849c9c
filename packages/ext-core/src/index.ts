export { ExtError, type ExtErrorCode, type ExtErrorDetail, isExtError } from './bytes/errors.ts';
export type { OnProblem, Problem } from './bytes/problem.ts';
export type { Source, SourceExtent } from './bytes/source.ts';
export { BlockWindow, type OnUnreadable, READ_UNIT, readIsolated } from './filesystem/block-reader.ts';
export { descTableSize } from './filesystem/desc-blocks.ts';
export { type DescChecksums, descChecksums, isSuperblockIntact } from './filesystem/desc-checksums.ts';
export { DescTable, type DescWindow } from './filesystem/desc-table.ts';
export { BLOCK_SIZES, type Filesystem, type OpenOptions, openFilesystem } from './filesystem/filesystem.ts';
export { inodeTableBlocks, usedTableBlocks } from './filesystem/inode-table.ts';
export { setBitmapRun, uninitBlockBitmaps } from './filesystem/uninit-bitmap.ts';
export {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  IMAGE_MAGIC,
  type ImageHeader,
  type ImageOffsets,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './normal-image/image-header.ts';
export {
  type ImageSection,
  type ImageSections,
  locateImageSections,
  placeImageSections,
} from './normal-image/image-sections.ts';
