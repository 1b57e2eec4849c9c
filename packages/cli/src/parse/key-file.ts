import { readFileSync } from 'node:fs';
import { failed } from '../output/report.ts';
import type { World } from '../world/world.ts';

/** Bytes of a random key. */
const KEY_BYTES = 16;

/**
 * A secret key: the contents of a file, or random bytes that are forgotten when the program ends.
 *
 * @throws CliError CLI_FAILED
 */
export function readKey(file: string | undefined, world: Pick<World, 'randomBytes'>): Uint8Array {
  if (file === undefined) return world.randomBytes(KEY_BYTES);
  try {
    return readFileSync(file);
  } catch (error) {
    throw failed(error, `while reading the key ${file}`);
  }
}
