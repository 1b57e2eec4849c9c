import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { benchFixture, CACHE, type FixtureName } from './fixtures.ts';
import { type Contender, cleanEnvironment } from './measure.ts';
import type { Operation } from './operations.ts';

/** How ours is run. */
export type Runtime = 'standalone' | 'node';

/** The package whose bundle is a command on Node, where the two names differ. */
const PACKAGE_OF: Readonly<Record<string, string>> = { qcow2: 'qcow2-tool' };

/** One operation on one fixture, ready to be run: real paths, programs found. */
export interface Case {
  readonly contenders: readonly Contender[];
  /** Puts at the output what must be there before a run. */
  readonly reset: () => void;
}

/** @param folder for outputs; nothing else is in it */
export function prepareCase(
  operation: Operation,
  fixture: FixtureName,
  runtimes: readonly Runtime[],
  folder: string,
): Case {
  const image = benchFixture(fixture);
  const input = join(CACHE, `${fixture}.${operation.name}.input`);
  const out = join(folder, 'out');
  const fill = (words: readonly string[]): string[] =>
    words.map((word) => ({ '{image}': image, '{input}': input, '{out}': out })[word] ?? word);
  if (operation.prepare && !existsSync(input)) runQuietly(fill(operation.prepare));
  const piped = (words: readonly string[]): string[] => [...REDIRECTION[operation.stdout ?? 'none'], ...words];
  const [tool = '', ...args] = fill(operation.ours);
  return {
    contenders: [
      { name: 'theirs', command: piped(fill(operation.theirs)) },
      ...runtimes.map((runtime) => ({ name: runtime, command: piped([...programOf(tool, runtime), ...args]) })),
    ],
    reset: () => reset(operation.before, image, out),
  };
}

/** Words before a command that say where its output goes; both contenders pay for the same shell and reader. */
const REDIRECTION = {
  none: [],
  pipe: ['bash', '-o', 'pipefail', '-c', '"$@" | dd bs=1M of=/dev/null status=none', 'bash'],
  out: ['sh', '-c', 'exec "$@" >out', 'sh'],
} as const;

function programOf(tool: string, runtime: Runtime): string[] {
  if (runtime === 'standalone') return [resolve('dist/bin', tool)];
  return [process.execPath, resolve('packages', PACKAGE_OF[tool] ?? tool, 'dist/bin.mjs')];
}

function reset(before: Operation['before'], image: string, out: string): void {
  if (before === 'image-once' && existsSync(out)) return;
  rmSync(out, { force: true });
  if (before === 'nothing') return;
  // Written out before the clock starts: the run must not pay for the copy.
  runQuietly(['cp', '--sparse=always', image, out]);
  runQuietly(['sync', out]);
}

function runQuietly([program = '', ...args]: readonly string[]): void {
  execFileSync(program, args, { stdio: 'ignore', env: cleanEnvironment() });
}
