import { LoopDevice, Mount } from '../support/loop.ts';
import { describeNeeds, e2fsck } from '../support/oracle.ts';
import { KINDS, RESTORE_NEEDS, restore, scene } from '../support/restore-scene.ts';
import { junk, placesOf } from '../support/wipe.ts';

describeNeeds([...RESTORE_NEEDS, 'loop'], 'e2image-restore on a loop device', () => {
  test('restores and verifies', () => {
    const { source, image, device } = scene('ext4-4k');
    const places = placesOf(source);
    for (const kind of KINDS) junk(device, places[kind], places.blockSize);
    {
      using loop = LoopDevice.attach(device);
      expect(restore(['--verify', image, loop.path])).toMatchObject({ status: 0 });
      expect(e2fsck(loop.path)).toEqual(e2fsck(source));
    }
    expect(e2fsck(device)).toEqual(e2fsck(source));
  });

  test('refuses what is mounted, whatever is forced', () => {
    const { image, device } = scene('ext4-4k');
    using loop = LoopDevice.attach(device);
    using _ = Mount.on(loop.path, 'ro');
    for (const path of [loop.path, device]) {
      const outcome = restore(['--force', image, path]);
      expect(outcome).toMatchObject({ status: 1 });
      expect(outcome.stderr).toContain('is mounted on');
    }
  });

  test('refuses a read-only device', () => {
    const { source, image, device } = scene('ext4-4k');
    junk(device, placesOf(source).inodeTables, 4096);
    using loop = LoopDevice.attach(device, { readOnly: true });
    const outcome = restore(['--force', image, loop.path]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toMatch(/(Read-only file system|Permission denied|Operation not permitted) while/);
  });

  test('refuses a device that is too small', () => {
    const { image, device } = scene('ext4-4k');
    using loop = LoopDevice.attach(device, { length: 16 << 20 });
    const outcome = restore(['--force', image, loop.path]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('has 16777216 bytes');
  });
});
