import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { cE2image, describeNeeds, e2fsck, ours, ROOT, run } from '../support/oracle.ts';
import { junk, placesOf } from '../support/wipe.ts';

let folder = '';
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist/e2e-install-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A spoiled copy of a fixture, and its normal image made by ours or by the C program. */
function spoiled(by: 'ours' | 'C'): { source: string; device: string; image: string } {
  const source = fixture('ext4-4k');
  const image = join(folder, 'image');
  rmSync(image, { force: true });
  expect((by === 'C' ? cE2image : ours)([source, image])).toMatchObject({ status: 0 });
  const device = copyOf(source, join(folder, 'device'));
  const places = placesOf(source);
  for (const kind of ['superblock', 'descriptors', 'bitmaps', 'inodeTables'] as const) {
    junk(device, places[kind], places.blockSize);
  }
  return { source, device, image };
}

describeNeeds([...FIXTURE_NEEDS, 'e2image', 'dumpe2fs'], 'e2image -I device image-file', () => {
  test.each(['ours', 'C'] as const)('puts an image of %s back, device first', (by) => {
    const { source, device, image } = spoiled(by);
    expect(ours(['-I', device, image])).toMatchObject({ status: 0 });
    expect(e2fsck(device)).toEqual(e2fsck(source));
  });

  test('-n writes nothing', () => {
    const { device, image } = spoiled('C');
    const before = copyOf(device, join(folder, 'before'));
    const outcome = ours(['-In', device, image]);
    expect(outcome).toMatchObject({ status: 0 });
    expect(new TextDecoder().decode(outcome.stdout)).toContain('inode table');
    expect(run('cmp', [device, before])).toMatchObject({ status: 0 });
  });

  test('takes --undo, and has nothing to do the second time', () => {
    const { device, image } = spoiled('C');
    const undo = join(folder, 'undo');
    const outcome = ours(['-I', '--undo', undo, device, image]);
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.stderr).toContain(`to undo: e2undo ${undo} ${device}`);
    expect(ours(['-I', device, image]).stderr).toMatch(/none of \d+ blocks differs/);
  });
});
