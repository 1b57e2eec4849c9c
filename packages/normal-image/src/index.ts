export {
  encodeImageHeader,
  IMAGE_HEADER_SIZE,
  IMAGE_MAGIC,
  type ImageHeader,
  type ImageOffsets,
  imageHeaderLayout,
  isImageHeader,
  readImageHeader,
} from './header.ts';
export { type ImagePart, type NormalImage, openNormalImage, type PartOptions } from './read.ts';
export { type ImageSections, locateImageSections, placeImageSections } from './sections.ts';
export {
  type ImageIdentity,
  type NormalImageOptions,
  type NormalImagePlan,
  type NormalImageReport,
  planNormalImage,
  writeNormalImage,
} from './write.ts';
export type { Transform } from './write-tables.ts';
