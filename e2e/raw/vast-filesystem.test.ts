import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQcow2 } from '@e2image/qcow2';
import { FileSource, type Source } from '@e2image/sparse-io';
import { commandLine, run, type Tool } from '../support/oracle.ts';
import {
  fragmentedFile,
  scatteredGroups,
  type VastFilesystem,
  writeSparse,
  writeVastQcow2,
} from '../support/vast-filesystem.ts';

/** Pieces of the file: too many for one pass, and 66 of them in each 32,768 blocks of the smaller file system. */
const EXTENTS = 8_650_000;
const groups = scatteredGroups();
const within32 = fragmentedFile({ blocks: 2 ** 32 - 1, extents: EXTENTS });
/** As a QCOW2 image: 64 TiB are more than a file may have. */
const within36 = fragmentedFile({ blocks: 2 ** 36, extents: EXTENTS });

interface Row {
  readonly what: string;
  readonly source: 'groups' | 'within32' | 'within36';
  readonly tool?: Tool;
  /** Words of the command; the source is SOURCE, the image IMAGE, a normal image of the source NORMAL. */
  readonly words: readonly string[];
  /** 1: refused with these words. */
  readonly refused?: RegExp;
  /** What must have the marks in the end. */
  readonly image?: 'raw' | 'QCOW2';
  /** Only with E2E_ALL=1: like another one, and seconds long. */
  readonly isLong?: boolean;
}
const TOO_SCATTERED = /too scattered: it needs more than \d+ MiB/;
const ROWS: readonly Row[] = [
  { what: 'scattered groups: -r', source: 'groups', words: ['-r', 'SOURCE', 'IMAGE'] },
  { what: 'scattered groups: -ra', source: 'groups', words: ['-ra', 'SOURCE', 'IMAGE'], isLong: true },
  { what: 'scattered groups: -Q', source: 'groups', words: ['-Q', 'SOURCE', 'IMAGE'], isLong: true },
  { what: 'scattered groups: normal', source: 'groups', words: ['SOURCE', 'IMAGE'] },
  { what: 'scattered groups: -rs', source: 'groups', words: ['-rs', 'SOURCE', 'IMAGE'], refused: TOO_SCATTERED },
  {
    what: 'scattered groups: restore of a normal image',
    source: 'groups',
    tool: 'e2image-restore',
    words: ['-n', 'NORMAL', 'SOURCE'],
    refused: /scattered over more than 500000 runs/,
  },
  {
    what: 'scattered groups: move -n',
    source: 'groups',
    tool: 'e2image-move',
    words: ['-n', '-O', '1048576', 'SOURCE'],
    isLong: true,
  },
  { what: 'a file in pieces, 2^32 blocks: -r', source: 'within32', words: ['-r', 'SOURCE', 'IMAGE'] },
  { what: 'a file in pieces, 2^32 blocks: -ra', source: 'within32', words: ['-ra', 'SOURCE', 'IMAGE'], image: 'raw' },
  {
    what: 'a file in pieces, 2^32 blocks: -Qa',
    source: 'within32',
    words: ['-Qa', 'SOURCE', 'IMAGE'],
    image: 'QCOW2',
    isLong: true,
  },
  {
    what: 'a file in pieces, 2^32 blocks: move -n',
    source: 'within32',
    tool: 'e2image-move',
    words: ['-n', '-O', '1048576', 'SOURCE'],
  },
  {
    what: 'a file in pieces, 2^32 blocks: restore of a raw image',
    source: 'within32',
    tool: 'e2image-restore',
    words: ['-n', 'SOURCE', 'SOURCE2'],
  },
  { what: 'a file in pieces, 2^36 blocks: -Q', source: 'within36', words: ['-Q', 'SOURCE', 'IMAGE'] },
  {
    what: 'a file in pieces, 2^36 blocks: -Qa',
    source: 'within36',
    words: ['-Qa', 'SOURCE', 'IMAGE'],
    image: 'QCOW2',
    isLong: true,
  },
  {
    what: 'a file in pieces, 2^36 blocks: -ra -n',
    source: 'within36',
    words: ['-ra', '-B', '1024', '-n', 'SOURCE', 'IMAGE'],
    isLong: true,
  },
];

/** Seconds of processor time, several times what a quiet machine takes, and MiB. */
const SECONDS = 60;
const MEMORY = 256;
const isAll = process.env['E2E_ALL'] === '1';
const describe_ = existsSync('/usr/bin/time') ? describe : describe.skip;

describe_('a file system whose map is larger than memory should be', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-vast-'));
    writeSparse(file('groups'), groups);
    writeSparse(file('within32'), within32);
    await writeVastQcow2(file('within36'), within36);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function measured(tool: Tool, words: readonly string[]) {
    const [program, ...leading] = commandLine(tool);
    const { status, signal, stderr } = run(
      '/usr/bin/time',
      ['-f', '%U %S %M', '-o', file('cost'), program, ...leading, ...words],
      { timeout: 100_000 },
    );
    const numbers = readFileSync(file('cost'), 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
    const [user = 0, system = 0, kib = 0] = numbers;
    return { status, signal, stderr, seconds: user + system, mebibytes: kib / 1024 };
  }

  const rows = ROWS.filter(({ isLong }) => isAll || !isLong);
  test.each(rows)('$what', ({ source, tool = 'e2image', words, refused, image }) => {
    const places: Record<string, string> = {
      SOURCE: file(source),
      SOURCE2: file('groups'),
      IMAGE: file('image'),
      NORMAL: file('normal'),
    };
    if (words.includes('NORMAL')) measured('e2image', [file(source), file('normal')]);
    const { status, signal, stderr, seconds, mebibytes } = measured(
      tool,
      words.map((word) => places[word] ?? word),
    );
    expect({ signal, stderr }).toEqual({ signal: null, stderr: expect.not.stringMatching(/this is a bug| {4}at /) });
    if (refused === undefined) expect({ status, stderr }).toEqual({ status: 0, stderr });
    else expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(refused) });
    expect(mebibytes).toBeLessThan(MEMORY);
    expect(seconds).toBeLessThan(SECONDS);
    if (image !== undefined) expectMarks(file('image'), image, source === 'within32' ? within32 : within36);
    rmSync(file('image'), { force: true });
  });

  function expectMarks(path: string, format: 'raw' | 'QCOW2', { marks }: VastFilesystem): void {
    using opened = FileSource.open(path);
    const disk: Pick<Source, 'readAt'> = format === 'raw' ? opened : openQcow2(opened);
    const missing = marks.filter(({ offset, bytes }) => {
      const into = new Uint8Array(bytes.length);
      disk.readAt(into, offset);
      return into.some((byte, at) => byte !== bytes[at]);
    });
    expect(missing.map(({ offset }) => offset)).toEqual([]);
  }
});
