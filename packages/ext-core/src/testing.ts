// biome-ignore lint/performance/noBarrelFile: "./testing" is a published entry, as index.ts is
export {
  type GroupPlaces,
  noise,
  type Shape,
  ShapedFilesystem,
  type ShapedGroup,
} from './testing/shaped-filesystem.ts';
export { TINY, TinyFilesystem, tinySuperblock } from './testing/tiny-filesystem.ts';
