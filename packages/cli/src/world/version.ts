import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The bundles and the executable have no package.json: their builder puts the version in place of this name. */
declare const E2IMAGE_VERSION: string | undefined;

/** The version of all packages, from this package's package.json, where a test holds them equal: `0.1.0`. */
export const VERSION: string = typeof E2IMAGE_VERSION === 'string' ? E2IMAGE_VERSION : manifestVersion();

function manifestVersion(): string {
  // Two folders up from `src/world` and from `dist/world`.
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
