export { EXIT } from './exit-status.ts';
export { realWorld } from './real-world.ts';
export type { Main, World } from './world.ts';
