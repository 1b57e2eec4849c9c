import { FIXTURE_NEEDS } from '../support/fixtures.ts';
import { describeNeeds } from '../support/oracle.ts';
import { ERRORS } from './options/errors.ts';
import { MODES } from './options/modes.ts';
import { NUMBERS } from './options/numbers.ts';
import type { Row } from './options/row.ts';
import { Scenery, type Seen } from './options/scene.ts';
import { SPELLING } from './options/spelling.ts';
import { TARGETS } from './options/targets.ts';

/** The table: each line is run by C and by ours, which must do the same or say in the row why not. */
const ROWS: readonly Row[] = [...SPELLING, ...NUMBERS, ...ERRORS, ...MODES, ...TARGETS];

/** The byte at the end of a device, under -n (D-32). */
const LAST_BYTE = /^Writing block 18446744073709551615\n/m;
/** Progress after its first line depends on how busy the machine is: what is shown between, the time, and the rate. */
const PROGRESS = /(Copying 0 \/ \d+ blocks \(0%\)).*?(Copied (\d+) \/ \3 blocks \(100%\)) in [^\n]*/g;
const NO_SUPERBLOCK = "Couldn't find valid filesystem superblock.\n";

/**
 * What ours says more, or elsewhere, than C:
 * - the word about the superblock goes to standard error, as all that is not for scripts, and C's guesses about what
 *   else the source may be are not made;
 * - after `while trying to open` stands a line that says which field is wrong;
 * - under -n C names a block 2^64 - 1 where it would write one byte at the end of a device.
 */
function seenAs({ stdout, stderr: said, status, files }: Seen, side: 'c' | 'ours'): Omit<Seen, 'isUnchanged'> {
  const stderr = said.replaceAll(PROGRESS, '$1 $2');
  if (side === 'ours') {
    return { status, stdout, files, stderr: stderr.replace(/( while trying to open .*\n).+\n(Couldn't find)/, '$1$2') };
  }
  const at = stdout.indexOf(NO_SUPERBLOCK);
  if (at < 0) return { status, stdout: stdout.replace(LAST_BYTE, ''), stderr, files };
  return { status, files, stdout: stdout.slice(0, at), stderr: `${stderr}${NO_SUPERBLOCK}` };
}

describeNeeds([...FIXTURE_NEEDS, 'e2image', 'loop'], 'e2image, typed to C and to ours', () => {
  let scenery: Scenery;
  beforeAll(() => {
    scenery = new Scenery();
  });
  afterAll(() => scenery[Symbol.dispose]());

  const title = ({ line, out, by }: Row): string =>
    `${line.replaceAll(/(.)\1{20,}/g, '$1...')}${out ? ` onto ${out}` : ''}${by ? ` (${by})` : ''}`;

  test.each(ROWS.map((row) => [title(row), row] as const))('%s', (_, row) => {
    const mine = scenery.run('ours', row);
    const theirs = seenAs(scenery.run('c', row), 'c');
    if (row.by === undefined) expect(seenAs(mine, 'ours')).toEqual(theirs);
    else expectDifference(row, mine, theirs);
  });

  /** A reason for a difference is only good while there is one. */
  function expectDifference(row: Row, mine: Seen, theirs: Omit<Seen, 'isUnchanged'>): void {
    const seen = seenAs(mine, 'ours');
    expect(seen).not.toEqual(theirs);
    if (row.like) expect(seen).toEqual(seenAs(scenery.run('c', { ...row, hangs: false, ...row.like }), 'c'));
    if (row.we === undefined) return;
    const { status = theirs.status, stdout = theirs.stdout, stderr, unchanged, anyFiles } = row.we;
    expect({ status: seen.status, stdout: seen.stdout, stderr: mine.stderr }).toEqual({
      status,
      stdout: typeof stdout === 'string' ? stdout : expect.stringMatching(stdout),
      stderr: stderr === undefined ? theirs.stderr : expect.stringContaining(stderr),
    });
    if (unchanged) expect(mine.isUnchanged).toBe(true);
    else if (!anyFiles) {
      // With status 3 an image file has a map of its unread blocks beside it, which C's has not.
      const { 'out.mapfile': map, ...files } = seen.files;
      expect(files).toEqual(theirs.files);
      expect(map !== undefined).toBe(status === 3 && 'out' in files);
    }
  }

  test('there are at least 150 rows', () => expect(ROWS.length).toBeGreaterThanOrEqual(150));
});
