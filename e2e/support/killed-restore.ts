import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { copyOf } from './fixtures.ts';
import { cE2image, commandLine, debugfs, e2fsck, ours, type RunOptions, run, tool } from './oracle.ts';
import { junk, placesOf } from './wipe.ts';

/** A file system whose restore takes long enough to be killed in the middle, its image, and what was left of it. */
export interface KillScene {
  readonly folder: string;
  readonly source: string;
  readonly image: string;
  readonly wiped: string;
  /** Milliseconds until the undo file is there, and from then to the end. */
  readonly untilUndo: number;
  readonly afterUndo: number;
}

/** When to kill: a share of the time until the undo file is there, or of the time from then on. */
export interface Moment {
  readonly phase: 'saving' | 'writing';
  /** From 0 to 1. */
  readonly share: number;
}

const must = (program: string, args: readonly string[], options: RunOptions = {}): void => {
  const { status, stderr } = tool(program, args, options);
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
};

/** Make the scene in a folder: 16 MiB of inode tables, all of them in use as far as anybody knows. */
export async function killScene(folder: string): Promise<KillScene> {
  const source = join(folder, 'source');
  must('mke2fs', [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-b',
    '1024',
    '-N',
    '65536',
    '-O',
    '^metadata_csum,^uninit_bg',
    source,
    '96M',
  ]);
  const requests = Array.from({ length: 60 }, (_, index) => `mkdir folder-${index}\n`).join('');
  debugfs(['-w', '-f', '-', source], { input: requests });
  const image = join(folder, 'image');
  if (cE2image([source, image]).status !== 0) throw new Error('no image');
  const wiped = copyOf(source, join(folder, 'wiped'));
  const places = placesOf(source);
  for (const kind of ['superblock', 'descriptors', 'bitmaps', 'inodeTables'] as const) {
    junk(wiped, places[kind], places.blockSize);
  }
  const scene = { folder, source, image, wiped, untilUndo: 0, afterUndo: 0 };
  // The first run warms the caches, the second one is measured.
  await measured(scene);
  return { ...scene, ...(await measured(scene)) };
}

async function measured(scene: KillScene): Promise<{ untilUndo: number; afterUndo: number }> {
  const device = copyOf(scene.wiped, join(scene.folder, 'device'));
  const undo = join(scene.folder, 'undo');
  rmSync(undo, { force: true });
  const begin = performance.now();
  const child = start(['-z', undo, scene.image, device]);
  await appeared(undo, child.isOver);
  const saved = performance.now();
  await child.ended;
  return { untilUndo: saved - begin, afterUndo: performance.now() - saved };
}

/** What a killed restore left, and whether each way out of it works. */
export interface KillResult {
  /** How far it came. */
  readonly reached: 'before the undo file' | 'in the writes' | 'the end';
  /** e2undo gave back the exact bytes from before the restore; undefined where there is no undo file yet. */
  readonly undone: boolean | undefined;
  /** A second run with the same undo file made it whole. */
  readonly completed: boolean;
  /** After that second run e2undo still gave back the exact bytes from before the first. */
  readonly undoneAfter: boolean;
}

/** Kill a restore with SIGKILL at some moment, then try both ways out on copies. */
export async function killedRestore(scene: KillScene, moment: Moment): Promise<KillResult> {
  const { folder, image, wiped, source } = scene;
  const device = copyOf(wiped, join(folder, 'device'));
  const undo = join(folder, 'undo');
  rmSync(undo, { force: true });
  const wasKilled = await runAndKill(scene, undo, device, moment);
  const hasUndo = existsSync(undo);
  const undone = hasUndo ? undoes(undo, copyOf(device, join(folder, 'undoing')), wiped) : undefined;
  const again = ours(['-z', undo, image, device], { tool: 'e2image-restore' });
  const completed = again.status === 0 && e2fsck(device).status === 0 && same(device, source);
  const undoneAfter = undoes(undo, device, wiped);
  const reached = !wasKilled ? 'the end' : hasUndo ? 'in the writes' : 'before the undo file';
  return { reached, undone, completed, undoneAfter };
}

async function runAndKill(scene: KillScene, undo: string, device: string, moment: Moment): Promise<boolean> {
  const child = start(['-z', undo, scene.image, device]);
  if (moment.phase === 'writing') await appeared(undo, child.isOver);
  await setTimeout(moment.share * (moment.phase === 'writing' ? scene.afterUndo : scene.untilUndo));
  child.kill();
  return (await child.ended) !== null;
}

interface Child {
  /** The signal that it died of. */
  readonly ended: Promise<NodeJS.Signals | null>;
  readonly isOver: () => boolean;
  readonly kill: () => void;
}

function start(args: readonly string[]): Child {
  const [program, ...leading] = commandLine('e2image-restore');
  const child = spawn(program, [...leading, ...args], { stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  return { ended, isOver: () => child.exitCode !== null, kill: () => void child.kill('SIGKILL') };
}

/** Wait until a file is there, or nobody is going to make it. */
async function appeared(path: string, isOver: () => boolean): Promise<void> {
  while (!existsSync(path) && !isOver()) await setImmediate();
}

/** e2undo on a device; with -f where it refuses because the superblock is neither the old nor the new one. */
function undoes(undo: string, device: string, wiped: string): boolean {
  if (!existsSync(undo)) return false;
  if (tool('e2undo', [undo, device]).status !== 0) tool('e2undo', ['-f', undo, device]);
  return same(device, wiped);
}

const same = (a: string, b: string): boolean => run('cmp', ['-s', a, b]).status === 0;
