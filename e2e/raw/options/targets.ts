import { type Before, type Row, same } from './row.ts';

const HONEST = 'D-1: what was in the file before is not in the image';
const PIPE = 'D-39: a pipe is written as standard output is, by any name';
const LONG_NAME = 'n'.repeat(255);

const on = (out: Before, ...lines: readonly string[]): Row[] => lines.map((line) => ({ line, out }));

/** Where an image goes. */
export const TARGETS: readonly Row[] = [
  // Standard output and descriptors.
  ...same(
    'e2image -r fs -',
    'e2image $COMPAT -ra fs -',
    'e2image -r fs - >out',
    'e2image $COMPAT -ra fs - >out',
    'e2image -r fs - | cat >out',
    'e2image -r fs - >>fs4k',
    'e2image -r fs - 1<>fs4k',
    '{ echo head; e2image -r fs -; } >out',
    'e2image -rO 4096 fs - >out',
    'e2image -rO 4096 fs - | cat >out',
    'e2image -r fs - | head -c 10',
    'e2image $COMPAT -raO 512 fs - >out',
    'e2image -r fs /dev/null',
    'e2image $COMPAT -ra fs /dev/null',
    'e2image -rp fs - >out',
    'e2image -r fs -- -',
    `e2image -r fs ${LONG_NAME}`,
    `e2image -rp fs ./${LONG_NAME}`,
    'e2image -r ./fs ./out',
    'e2image -r fs $PWD/out',
    'e2image -r $PWD/fs out',
    'umask 0; e2image -r fs out; stat -c %a out',
    'umask 0777; e2image -r fs out; stat -c %a out',
    'e2image -r fs out; stat -c %a out',
  ),
  ...[
    'e2image -r fs /dev/stdout | cat >out',
    'e2image -r fs /proc/self/fd/1 | cat >out',
    'e2image -r fs /dev/fd/3 3> >(cat >out); s=$?; sleep 0.1; exit $s',
  ].map((line): Row => ({ line, by: PIPE, like: { line: 'e2image -r fs - | cat >out' } })),
  // An existing regular file.
  ...(['short', 'long'] as const).flatMap((out) => [
    { line: 'e2image -r fs out', out, by: HONEST, like: { out: 'nothing' as const } },
    { line: 'e2image $COMPAT -ra fs out', out, by: HONEST, like: { out: 'nothing' as const } },
  ]),
  { line: 'e2image -r fs out', out: 'equal', by: HONEST, like: { out: 'nothing' } },
  { line: 'e2image $COMPAT -ra fs out', out: 'equal' },
  { line: 'e2image $COMPAT -ra fs out', out: 'almost' },
  { line: 'e2image -r fs out', out: 'link-to-long', by: HONEST, like: { out: 'link-to-nothing' } },
  { line: 'e2image $COMPAT -ra fs out', out: 'link-to-long', by: HONEST, like: { out: 'link-to-nothing' } },
  ...on('link-to-nothing', 'e2image -r fs out', 'e2image $COMPAT -rap fs out', 'e2image -rO 4096 fs out'),
  { line: 'e2image -rO 4096 -c fs out', out: 'link-to-long', by: 'D-6', we: { anyFiles: true } },
  {
    line: 'chmod 640 out; e2image -r fs out; stat -c %a out',
    out: 'long',
    by: HONEST,
    like: { line: 'umask 0; e2image -r fs out; chmod 640 out; stat -c %a out', out: 'nothing' },
  },
  {
    line: 'e2image -r fs out && cmp out real && e2image -rc fs out && stat -c %h out',
    out: 'hard-link',
    by: 'D-1, and the names stay together, which standard error reports',
    we: {
      status: 0,
      stdout: /^\d+ blocks already contained the data to be copied\n2\n$/,
      stderr: 'out is written in place, as it has several names',
      anyFiles: true,
    },
  },
  // A FIFO cannot seek: C stops at its first hole.
  ...on('fifo', 'e2image -r fs nodir/out'),
  {
    line: 'cat out >got & e2image -r fs out; s=$?; wait; exit $s',
    out: 'fifo',
    by: PIPE,
    we: { status: 0, stdout: '', stderr: 'e2image 1.47', anyFiles: true },
  },
  // Block devices.
  ...on(
    'loop',
    'e2image -r fs out',
    'e2image $COMPAT -ra fs out',
    'e2image $COMPAT -rac fs out',
    'e2image -rc fs out',
    'e2image -rn fs out',
    'e2image $COMPAT -ran fs out',
    'e2image -rcn fs out',
  ),
  ...on(
    'long-loop',
    'e2image -r fs out',
    'e2image $COMPAT -ra fs out',
    'e2image -rO 1048576 fs out',
    'e2image $COMPAT -raO 4096 fs out',
    'e2image $COMPAT -rao 1048576 -O 1048576 disk out',
    'e2image $COMPAT -racO 1048576 fs out',
  ),
  {
    line: 'e2image -r fs out',
    out: 'short-loop',
    by: 'D-23: a device that is too small is refused before it is written to',
    we: { status: 1, stdout: '', stderr: 'has 1048576 bytes, 4194304 are needed', unchanged: true },
  },
  {
    line: 'e2image -rO 3145728 fs out',
    out: 'loop',
    by: 'D-23',
    we: { status: 1, stdout: '', stderr: 'has 4194304 bytes, 7340032 are needed', unchanged: true },
  },
];
