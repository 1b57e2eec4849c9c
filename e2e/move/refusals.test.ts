import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest } from '../support/file-bytes.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { layOut, type Subject, subjectOf } from '../support/moves.ts';
import { debugfs, describeNeeds, dumpe2fs, type Outcome, ours, ROOT } from '../support/oracle.ts';

const MIB = 1024 * 1024;

const move = (args: readonly (string | number)[]): Outcome => ours(args.map(String), { tool: 'e2image-move' });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, 'dist/e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (): string => join(folder, 'a.img');
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

describeNeeds(FIXTURE_NEEDS, 'a move is refused, and nothing was changed,', () => {
  let subject: Subject;
  beforeAll(() => {
    subject = subjectOf(fixture('ext4-1k'));
  });

  function refused(args: readonly (string | number)[], message: string): void {
    const before = digest(file());
    const names = readdirSync(folder);
    expect(move([...args, file()])).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
    expect(digest(file())).toBe(before);
    expect(readdirSync(folder)).toEqual(names);
  }

  test('to its own offset, to half a sector, from an offset without a file system', () => {
    layOut(file(), subject, 0);
    refused(['-O', 0], 'already');
    refused(['-O', 1000], 'not a multiple of 512');
    refused(['-o', 512], 'magic number');
  });

  test('when the file ends before the file system', () => {
    layOut(file(), subject, 0);
    truncateSync(file(), 20 * MIB);
    refused(['-O', MIB], 'ends at byte');
  });

  /** A file system with multi-mount protection. @returns the number of its MMP block */
  function protectedFile(): number {
    copyOf(fixture('mmp'), file());
    const text = new TextDecoder().decode(dumpe2fs(['-h', file()]).stdout);
    return Number(/^MMP block number: +(\d+)$/m.exec(text)?.[1]);
  }

  function patch(offset: number, value: number): void {
    const bytes = readFileSync(file());
    bytes.writeUInt32LE(value, offset);
    writeFileSync(file(), bytes);
  }

  test('when its MMP block is damaged: it does not say that no host has it mounted', () => {
    const block = protectedFile();
    patch(block * 4096, 0x5858_5858);
    refused(['-O', MIB], `(MMP block ${block}) is damaged (magic number 0x58585858)`);
    expect(move(['--force', '-O', MIB, file()])).toMatchObject({ status: 0 });
  });

  test('when its MMP block would be outside the file system', () => {
    protectedFile();
    debugfs(['-w', '-R', 'ssv mmp_block 999999', file()]);
    refused(
      ['-O', MIB],
      '(MMP block 999999) is damaged (outside the file system); if no host uses the file system, --force overrides this',
    );
  });

  test('when another host may have it mounted', () => {
    const block = protectedFile();
    patch(block * 4096 + 4, 0x123);
    refused(['-O', MIB], 'multi-mount protection');
    expect(move(['--force', '-O', MIB, file()])).toMatchObject({ status: 0 });
  });

  test('when the file of the record is something else', () => {
    layOut(file(), subject, 0);
    writeFileSync(join(folder, 'j'), 'my thesis');
    refused(['-O', MIB, '--journal', join(folder, 'j')], 'holds no record of a move');
    refused(['--resume', '--journal', join(folder, 'j')], 'holds no record of a move');
    expect(readFileSync(join(folder, 'j'), 'utf8')).toBe('my thesis');
  });

  test('when the journal would be in memory', () => {
    layOut(file(), subject, 0);
    refused(['-O', MIB, '--journal', '/dev/shm/e2move-test'], 'in memory');
    expect(move(['-O', MIB, '--force', '--journal', '/dev/shm/e2move-test', file()])).toMatchObject({ status: 0 });
  });

  test('when there is nothing to resume', () => {
    layOut(file(), subject, 0);
    refused(['--resume'], 'no interrupted move');
  });
});
