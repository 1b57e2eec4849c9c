import type { FixtureName } from './fixtures.ts';

/**
 * One thing that is measured. Commands are words; these stand for paths:
 * `{image}` the fixture, `{input}` what `prepare` made, `{out}` the output of this run.
 */
export interface Operation {
  /** Key in targets.json. */
  readonly name: string;
  readonly fixtures: readonly FixtureName[];
  /** Made once per fixture, by another program than ours. */
  readonly prepare?: readonly string[];
  /** The first word is a command of ours. */
  readonly ours: readonly string[];
  /** What it is compared with. */
  readonly theirs: readonly string[];
  /** What is at `{out}` before each run: nothing, or a copy of `{image}` made for this run, or for the first. */
  readonly before: 'nothing' | 'image' | 'image-once';
  /** Standard output goes to a pipe that is read in pieces of 1 MiB, or into `{out}`. */
  readonly stdout?: 'pipe' | 'out';
}

/** The table. A later part adds its rows here and its numbers to targets.json. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'raw',
    fixtures: [
      'tiny',
      'typical',
      'many-small',
      'aged',
      'ext3',
      'ext2frag',
      'extfrag',
      'big-files',
      'bigalloc',
      'b64k',
      'huge',
    ],
    ours: ['e2image', '-r', '{image}', '{out}'],
    theirs: ['e2image', '-r', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'raw-to-stdout-file',
    fixtures: ['ext3'],
    ours: ['e2image', '-r', '{image}', '-'],
    theirs: ['e2image', '-r', '{image}', '-'],
    before: 'nothing',
    stdout: 'out',
  },
  {
    name: 'raw-to-pipe',
    fixtures: ['ext3'],
    ours: ['e2image', '-r', '{image}', '-'],
    theirs: ['e2image', '-r', '{image}', '-'],
    before: 'nothing',
    stdout: 'pipe',
  },
  {
    name: 'raw-scrambled',
    fixtures: ['typical'],
    ours: ['e2image', '-rs', '{image}', '{out}'],
    theirs: ['e2image', '-rs', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'all',
    fixtures: ['typical', 'ext3', 'many-small'],
    ours: ['e2image', '-ra', '{image}', '{out}'],
    theirs: ['e2image', '-ra', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'all-to-pipe',
    fixtures: ['ext3'],
    ours: ['e2image', '-ra', '{image}', '-'],
    theirs: ['e2image', '-ra', '{image}', '-'],
    before: 'nothing',
    stdout: 'pipe',
  },
  {
    name: 'all-compare-same',
    fixtures: ['many-small'],
    ours: ['e2image', '-rac', '{image}', '{out}'],
    theirs: ['e2image', '-rac', '{image}', '{out}'],
    // Not made by C: onto a target that is not there it runs for ever (D-4).
    before: 'image-once',
  },
  {
    name: 'qcow2',
    fixtures: ['typical', 'many-small'],
    ours: ['e2image', '-Q', '{image}', '{out}'],
    theirs: ['e2image', '-Q', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'qcow2-all',
    fixtures: ['ext3', 'many-small'],
    ours: ['e2image', '-Qa', '{image}', '{out}'],
    theirs: ['e2image', '-Qa', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'qcow2-to-raw',
    fixtures: ['many-small'],
    prepare: ['e2image', '-Qa', '{image}', '{input}'],
    ours: ['e2image', '-r', '{input}', '{out}'],
    theirs: ['e2image', '-r', '{input}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'normal',
    fixtures: ['typical'],
    ours: ['e2image', '{image}', '{out}'],
    theirs: ['e2image', '{image}', '{out}'],
    before: 'nothing',
  },
  {
    name: 'install',
    fixtures: ['typical'],
    prepare: ['e2image', '{image}', '{input}'],
    ours: ['e2image', '-I', '{out}', '{input}'],
    theirs: ['e2image', '-I', '{out}', '{input}'],
    before: 'image-once',
  },
  // C's move is not durable when it ends, ours is: each of its batches was synced, and the record of it.
  {
    name: 'move-right',
    fixtures: ['ext3', 'many-small'],
    ours: ['e2image', '-raO', '1048576', '{out}'],
    theirs: ['e2image', '-raO', '1048576', '{out}'],
    before: 'image',
  },
  {
    name: 'move-right-64m',
    fixtures: ['ext3', 'many-small'],
    ours: ['e2image', '-raO', '67108864', '{out}'],
    theirs: ['e2image', '-raO', '67108864', '{out}'],
    before: 'image',
  },
  {
    name: 'compress-zlib',
    fixtures: ['ext3'],
    prepare: ['e2image', '-Qa', '{image}', '{input}'],
    ours: ['qcow2', 'convert', '--compress', 'zlib', '{input}', '{out}'],
    theirs: ['qemu-img', 'convert', '-c', '-O', 'qcow2', '{input}', '{out}'],
    before: 'nothing',
  },
];
