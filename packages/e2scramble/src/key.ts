import { readFileSync } from 'node:fs';
import { failed, type World } from '@e2image/cli';

/** Bytes of a key that nobody knows. */
const KEY_BYTES = 16;

/**
 * The key: the contents of a file, or bytes that are forgotten when the program ends.
 *
 * @throws CliError CLI_FAILED
 */
export function readKey(file: string | undefined, world: World): Uint8Array {
  if (file === undefined) return world.randomBytes(KEY_BYTES);
  try {
    return readFileSync(file);
  } catch (error) {
    throw failed(error, `while reading the key ${file}`);
  }
}
