import { allBy, type Row, same } from './row.ts';

const NOTHING = 'D-5: a dry run touches nothing';
const KEPT = 'D-6: an image inside of a disk never shortens it';

/** -a, -c, -n, -p and offsets, together and on targets of each kind. */
export const MODES: readonly Row[] = [
  ...same(
    'e2image $COMPAT -ra fs out',
    'e2image $COMPAT -rap fs out',
    'e2image -rp fs out',
    'e2image -rp fs4k out',
    'e2image -r fs4k out',
    'e2image $COMPAT -ra fs4k out',
    'e2image -rnp fs -',
    'e2image -rn fs -',
    'e2image $COMPAT -ran fs -',
    'e2image $COMPAT -ranp fs4k -',
    'e2image -rn fs4k - | cat >out',
    'e2image -rn fs4k - >out',
    'e2image $COMPAT -rapO 512 fs out',
    'e2image -r -o 1048576 disk -',
    'e2image -rn -o 1048576 disk -',
    'e2image $COMPAT -ranpo 1048576 disk -',
  ),
  // -n prints as C does and makes no file.
  ...allBy(NOTHING, { unchanged: true }, [
    'e2image -rn fs out',
    'e2image -rnp fs out',
    'e2image $COMPAT -ran fs out',
    'e2image $COMPAT -rnao 1048576 disk out',
    'e2image -rnO 4096 fs out',
  ]),
  ...(['short', 'long', 'equal'] as const).map(
    (out): Row => ({
      line: 'e2image -rn fs out',
      out,
      ...(out !== 'equal' && { by: NOTHING, we: { unchanged: true } }),
    }),
  ),
  { line: 'e2image -rnO 4096 fs out', out: 'long', by: NOTHING, we: { unchanged: true } },
  { line: 'e2image -rcn fs out', out: 'almost' },
  { line: 'e2image $COMPAT -racn fs out', out: 'almost' },
  // -c
  { line: 'e2image $COMPAT -rac fs out', out: 'equal' },
  { line: 'e2image $COMPAT -racp fs out', out: 'equal' },
  { line: 'e2image $COMPAT -racf fs out', out: 'almost' },
  { line: 'e2image -rc fs out', out: 'equal' },
  { line: 'e2image -rc fs out', out: 'almost' },
  { line: 'e2image -rc fs out', out: 'long' },
  { line: 'e2image $COMPAT -rac fs out', out: 'long' },
  {
    line: 'e2image -rc fs out',
    out: 'nothing',
    hangs: true,
    by: 'D-4',
    like: { line: 'e2image -r fs out; echo 0 blocks already contained the data to be copied' },
  },
  {
    line: 'e2image $COMPAT -rac fs out',
    out: 'nothing',
    hangs: true,
    by: 'D-4',
    like: { line: 'e2image -ra fs out; echo 0 blocks already contained the data to be copied' },
  },
  {
    line: 'e2image $COMPAT -rac fs out',
    out: 'short',
    hangs: true,
    by: 'D-4',
    we: {
      status: 0,
      stdout: '0 blocks already contained the data to be copied\n',
      stderr: 'e2image 1.47',
      anyFiles: true,
    },
  },
  {
    line: 'e2image $COMPAT -racn fs out',
    out: 'nothing',
    hangs: true,
    by: 'D-4',
    like: { line: 'e2image -ran fs out; rm out; echo 0 blocks already contained the data to be copied' },
  },
  // -O into an existing file.
  { line: 'e2image -rO 1048576 fs out', out: 'short' },
  { line: 'e2image $COMPAT -raO 1048576 fs out', out: 'short' },
  { line: 'e2image $COMPAT -raO 1048576 fs out', out: 'long', by: KEPT, we: { anyFiles: true } },
  { line: 'e2image -rO 4096 fs out', out: 'long', by: KEPT, we: { anyFiles: true } },
  { line: 'e2image $COMPAT -rao 1048576 -O 1048576 disk out', out: 'long', by: KEPT, we: { anyFiles: true } },
  { line: 'e2image $COMPAT -racO 4096 fs out', out: 'long', by: KEPT, we: { anyFiles: true } },
  { line: 'e2image -rcO 512 fs out', out: 'long', by: KEPT, we: { anyFiles: true } },
  // QCOW2 sources are converted.
  ...same('e2image -r q2 out', 'e2image -rf q2 out', 'e2image -r ./q2 out', 'e2image -ra q2 out'),
  { line: 'e2image -r q2 - # fs', by: 'D-39', like: { line: 'e2image -ra fs - # q2' } },
  {
    line: 'e2image -r q2 out',
    out: 'long',
    by: 'D-31: what the image does not hold is zeros',
    like: { out: 'nothing' },
  },
  ...allBy('D-36', { status: 0, stdout: /^(Writing block \d+\n)+$/, unchanged: true }, ['e2image -rn q2 out']),
  // The same file on both sides.
  ...allBy('D-24', { status: 1, stdout: '', stderr: 'fs and fs are the same file', unchanged: true }, [
    'e2image -r fs fs',
    'e2image -ra fs fs',
    'e2image -rc fs fs',
  ]),
  ...allBy('D-24', { status: 1, stdout: '', stderr: 'are the same file', unchanged: true }, [
    'e2image -r q2 q2',
    'ln fs other; e2image -r fs other; s=$?; rm other; exit $s',
    'ln -s fs other; e2image -r other fs; s=$?; rm other; exit $s',
    'e2image -r fs - 1<>fs',
    'e2image -r fs - >>fs',
  ]),
];
