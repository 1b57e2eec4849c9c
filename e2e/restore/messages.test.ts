import { rmSync } from 'node:fs';
import { copyOf, fixture } from '../support/fixtures.ts';
import { cE2image, debugfs, describeNeeds, run, tool } from '../support/oracle.ts';
import { file, RESTORE_NEEDS, restore, scene } from '../support/restore-scene.ts';
import { junk, placesOf } from '../support/wipe.ts';

describeNeeds(RESTORE_NEEDS, 'what e2image-restore reports first', () => {
  test.each(['normal', 'raw', 'QCOW2'] as const)('it says first what a %s image is and how much differs', (format) => {
    const source = copyOf(fixture('ext4-1k'), file('labelled'));
    tool('tune2fs', ['-L', 'precious', source]);
    const image = file('labelled.image');
    rmSync(image, { force: true });
    expect(cE2image([...{ normal: [], raw: ['-r'], QCOW2: ['-Q'] }[format], source, image]).status).toBe(0);
    const device = copyOf(source, file('device'));
    junk(
      device,
      placesOf(source)
        .inodeTables.slice(0, 1)
        .map((table) => ({ ...table, count: 1 })),
      1024,
    );
    const { stderr } = restore(['-n', image, device]);
    const lines = stderr.trimEnd().split('\n');
    const date = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC';
    expect(lines[0]).toMatch(
      new RegExp(`: ${format} image .*${date}: ext4 file system, UUID 5ec7e755-.*, label "precious", 24576 blocks`),
    );
    expect(lines[1]).toMatch(/: 1 of \d+ blocks differ: 1 inode table$/);
  });

  test('descriptors with wrong checksums are reported', () => {
    const { image, device } = scene('ext4-1k', 'raw');
    run('sh', ['-c', `printf x | dd of=${image} bs=1 seek=$((2048 + 28)) conv=notrunc status=none`]);
    expect(restore(['-n', image, device]).stderr).toContain(
      '1 of 3 group descriptors in the image have wrong checksums',
    );
  });

  test('a file system that has changed since is reported', () => {
    const { image, device } = scene('ext4-1k');
    debugfs(['-w', '-R', 'mkdir later', device]);
    const outcome = restore(['-n', image, device]);
    expect(outcome.stderr).toMatch(/the file system on the device was written at .* after the state in the image/);
    expect(outcome.status).toBe(0);
  });
});
