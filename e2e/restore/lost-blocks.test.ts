import { rmSync, writeFileSync } from 'node:fs';
import { copyOf } from '../support/fixtures.ts';
import { cE2image, describeNeeds, run, tool } from '../support/oracle.ts';
import { file, RESTORE_NEEDS, restore, same, scene } from '../support/restore-scene.ts';
import { bytesOf, junk, placesOf } from '../support/wipe.ts';

describeNeeds(RESTORE_NEEDS, 'what an image lost', () => {
  test('blocks that the image never had are left alone, listed, and make the status 3', () => {
    const { source, image, device } = scene('ext4-1k', 'raw');
    const [table] = placesOf(source).inodeTables;
    if (table === undefined) throw new Error('no inode table');
    // What could not be read is zeros in the image; on the device it is good.
    const lost = { start: table.start + 1, count: 3 };
    run('dd', [
      'if=/dev/zero',
      `of=${image}`,
      'bs=1024',
      `seek=${lost.start}`,
      'count=3',
      'conv=notrunc',
      'status=none',
    ]);
    const [from, to] = [lost.start * 1024, (lost.start + 3) * 1024];
    writeFileSync(`${image}.mapfile`, `# Mapfile\n0x0 + 1\n0x0 ${from} +\n${from} 3072 -\n${to} ${25165824 - to} +\n`);
    junk(device, [{ start: table.start + 4, count: 2 }], 1024);
    const outcome = restore([image, device]);
    expect(outcome).toMatchObject({ status: 3 });
    expect(outcome.stderr).toContain(`left alone: blocks ${lost.start} to ${lost.start + 2}, inode table`);
    expect(same(device, source)).toBe(true);
    rmSync(`${image}.mapfile`);
  });

  test.each(['normal', 'raw'] as const)('tables that count as zeroed are zeros again, after a %s image', (format) => {
    const source = file('zeroed');
    rmSync(source, { force: true });
    const made = tool('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-E', 'lazy_itable_init=0', source, '24M']);
    expect(made).toMatchObject({ status: 0 });
    const image = file('zeroed.image');
    rmSync(image, { force: true });
    expect(cE2image([...(format === 'raw' ? ['-r'] : []), source, image]).status).toBe(0);
    const device = copyOf(source, file('device'));
    const { allTables, blockSize } = placesOf(source);
    junk(device, allTables, blockSize);
    expect(restore([image, device])).toMatchObject({ status: 0 });
    expect(same(device, source)).toBe(true);
  });

  test('what an image lost by damage is reported, and makes the status 3, with and without --dry-run', () => {
    const { source, image, device } = scene('ext4-1k', 'raw');
    // The place of an inode table (bytes 8 to 11 of its descriptor) that cannot be.
    writeFileSync(file('place'), Uint8Array.of(0xff, 0xff, 0xff, 0x7f));
    run('dd', [`if=${file('place')}`, `of=${image}`, 'bs=1', `seek=${2048 + 8}`, 'conv=notrunc']);
    const table = placesOf(source).inodeTables.slice(0, 1);
    for (const options of [['-n'], []]) {
      expect(restore([...options, image, device])).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('the image is damaged: '),
      });
    }
    expect(bytesOf(device, table, 1024)).toEqual(bytesOf(source, table, 1024));
  });
});
