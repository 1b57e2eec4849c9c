import { EXIT, type World } from '@e2image/cli';

/** Run the command. @returns the exit status */
export async function main(_argv: readonly string[], world: World): Promise<number> {
  world.stderr(`${world.program}: not built yet\n`);
  return EXIT.failed;
}
