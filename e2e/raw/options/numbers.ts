import { allBy, type Row, same } from './row.ts';

const JUNK = 'D-34: whatever is not wholly a number in range is an error';
const refused = (what: string, text: string) => ({
  status: 1,
  stdout: '',
  stderr: `e2image: invalid ${what} '${text}'`,
  unchanged: true as const,
});
const outOfRange = (what: string, text: string) => ({
  status: 1,
  stdout: '',
  stderr: `e2image: ${what} '${text}' is not between 0 and `,
  unchanged: true as const,
});

/** How numbers may be written. */
export const NUMBERS: readonly Row[] = [
  ...same(
    'e2image -r -B 1024 fs out',
    'e2image -r -B 0x400 fs out',
    'e2image -r -B 0X400 fs out',
    'e2image -r -B 02000 fs out',
    "e2image -r -B ' 1024' fs out",
    "e2image -r -B $'\\t1024' fs out",
    'e2image -r -B +1024 fs out',
    'e2image -r -B 0 fs out',
    'e2image -r -B -0 fs out',
    'e2image -r -B 00 fs out',
    'e2image -r -B 0x0 fs out',
    'e2image -r -B 4096 fs4k out',
    'e2image -r -B 0x1000 fs4k out',
    'e2image -r -b 0 fs out',
    'e2image -r -b 1 -B 1024 fs out',
    'e2image -r -b 1025 -B 1024 fs out',
    'e2image -r -b 0x401 -B 0x400 fs out',
    'e2image -r -b 02001 -B 02000 fs out',
    'e2image -r -b 3073 -B 1024 fs out',
    'e2image -r -o 0 fs out',
    'e2image -r -O 0 fs out',
    'e2image -r -o 0x100000 disk out',
    'e2image -r -o 04000000 disk out',
    "e2image -r -o ' 1048576' disk out",
    'e2image -r -o +1048576 disk out',
    'e2image -r -O 0x1000 fs out',
    'e2image -r -O 010000 fs out',
    'e2image -r -O 512 fs out',
    'e2image -r -O 1 fs out',
    'e2image $COMPAT -raO 1000 fs out',
  ),
  ...allBy(JUNK, refused('block size', '1k'), ['e2image -r -B 1k fs out']),
  ...allBy(JUNK, refused('block size', '1024x'), ['e2image -r -B 1024x fs out']),
  ...allBy(JUNK, refused('block size', '1024 '), ["e2image -r -B '1024 ' fs out"]),
  ...allBy(JUNK, refused('block size', ''), ["e2image -r -B '' fs out"]),
  ...allBy(JUNK, refused('block size', '0x'), ['e2image -r -B 0x fs out']),
  ...allBy(JUNK, refused('superblock number', '08'), ['e2image -r -b 08 fs out']),
  ...allBy(JUNK, refused('superblock number', '1025zz'), ['e2image -r -b 1025zz -B 1024 fs out']),
  ...allBy(JUNK, refused('superblock number', 'junk'), ['e2image -r -b junk fs out']),
  ...allBy(JUNK, refused('source offset', 'junk'), ['e2image -r -o junk fs out']),
  ...allBy(JUNK, refused('source offset', '1M'), ['e2image -r -o 1M disk out']),
  ...allBy(JUNK, refused('destination offset', 'junk'), ['e2image -r -O junk fs out']),
  ...allBy(JUNK, refused('destination offset', '1.5'), ['e2image -r -O 1.5 fs out']),
  ...allBy(JUNK, outOfRange('superblock number', '-1'), ['e2image -r -b -1 -B 1024 fs out']),
  ...allBy(JUNK, outOfRange('source offset', '-1'), ['e2image -r -o -1 fs out']),
  ...allBy(JUNK, outOfRange('destination offset', '-1'), ['e2image -r -O -1 fs out']),
  ...allBy(JUNK, outOfRange('source offset', '18446744073709551615'), ['e2image -r -o 18446744073709551615 fs out']),
  ...allBy(JUNK, outOfRange('destination offset', '99999999999999999999'), [
    'e2image -r -O 99999999999999999999 fs out',
  ]),
  ...allBy('D-34: C cuts it to 32 bits', { status: 1, stdout: '', stderr: 'unexpected block size', unchanged: true }, [
    'e2image -r -B 4294968320 fs out',
  ]),
  ...allBy('D-16: C cuts it to 32 bits', { status: 1, stdout: '', stderr: 'e2image: ', unchanged: true }, [
    'e2image -r -b 4294968321 -B 1024 fs out',
  ]),
];
