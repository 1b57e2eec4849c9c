import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Mutant } from './mutant.ts';

/** What became of a mutant. */
export type Fate = 'killed' | 'hung' | 'survived';

/** Memory of a test run beyond which it is ended, and the mutant killed, in bytes. */
const MOST_MEMORY = 2 * 2 ** 30;

/**
 * Run the unit tests that load the file of a mutant, with the mutant in it, up to the first one that fails.
 *
 * @param patience milliseconds without the result of a test file after which the tests hang
 */
export async function runMutant(packageRoot: string, mutant: Mutant, patience: number): Promise<Fate> {
  const { file, start, end, text } = mutant;
  const path = resolve(file);
  const change = JSON.stringify({ path, start, end, text });
  const args = ['--findRelatedTests', path, '--bail', '--passWithNoTests'];
  const { status, hung } = await runJest(packageRoot, args, { MUTANT: change }, patience);
  if (hung) return 'hung';
  return status === 0 ? 'survived' : 'killed';
}

/**
 * Run the unit tests that load some files, unchanged.
 *
 * @returns seconds that the slowest test file took; undefined when a test failed
 */
export async function slowestTest(packageRoot: string, files: readonly string[]): Promise<number | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    const report = join(folder, 'report.json');
    const args = ['--passWithNoTests', '--json', '--outputFile', report, '--findRelatedTests'];
    const { status } = await runJest(packageRoot, [...args, ...files.map((file) => resolve(file))], {}, 600_000);
    if (status !== 0) return undefined;
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const spans = testResults.map(
      (result: { startTime: number; endTime: number }) => result.endTime - result.startTime,
    );
    return Math.max(0, ...spans) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One jest in one process, with a folder for temporary files of its own. */
function runJest(
  packageRoot: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  patience: number,
): Promise<{ status: number | null; hung: boolean }> {
  const temporary = mkdtempSync(join(tmpdir(), 'mutant-'));
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'tools/mutants/jest.config.mjs', '--rootDir', packageRoot];
  const child = spawn(process.execPath, [...jest, '--runInBand', '--forceExit', '--silent', ...args], {
    env: { ...process.env, ...env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    // With what it started: `kill` ends the whole group.
    detached: true,
  });
  let heard = performance.now();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', () => {
      heard = performance.now();
    });
  }
  let hung = false;
  const watch = setInterval(() => {
    if (performance.now() - heard < patience && memoryOf(child.pid) < MOST_MEMORY) return;
    hung = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, 500);
  return new Promise((settle, fail) => {
    child.once('error', fail);
    child.once('close', (status) => {
      clearInterval(watch);
      rmSync(temporary, { recursive: true, force: true });
      settle({ status, hung });
    });
  });
}

/** Resident bytes of a process; 0 when it has ended. */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}
