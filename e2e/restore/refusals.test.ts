import { rmSync, statSync, writeFileSync } from 'node:fs';
import { copyOf, fixture } from '../support/fixtures.ts';
import { cE2image, debugfs, describeNeeds, e2fsck, ours, run, tool } from '../support/oracle.ts';
import { dirtyJournal, file, RESTORE_NEEDS, restore, same, scene } from '../support/restore-scene.ts';
import { junk, placesOf } from '../support/wipe.ts';

describeNeeds(RESTORE_NEEDS, 'e2image-restore refuses, and writes nothing:', () => {
  /** Run it on a spoiled device: refused, unchanged, and done all the same with `option`. */
  function expectRefused(
    image: string,
    device: string,
    message: RegExp,
    options: readonly string[] = ['--force'],
  ): void {
    const before = copyOf(device, file('before'));
    const outcome = restore([image, device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toMatch(message);
    expect(same(device, before)).toBe(true);
    for (const option of options) {
      copyOf(before, device);
      expect(restore([option, image, device])).toMatchObject({ status: 0 });
    }
  }

  test('a device with another UUID', () => {
    const { image, device } = scene('ext4-1k');
    tool('tune2fs', ['-f', '-U', '00000000-1111-2222-3333-444444444444', device]);
    expectRefused(image, device, /superblock of the device has UUID 00000000-1111-2222-3333-444444444444/);
  });

  test('a device whose backups have another UUID', () => {
    const { source, image, device } = scene('ext4-1k');
    tool('tune2fs', ['-f', '-U', '00000000-1111-2222-3333-444444444444', device]);
    junk(device, placesOf(source).superblock, 1024);
    expectRefused(image, device, /backup superblock at byte 8389632 of the device has UUID 00000000-1111/);
  });

  test('a device of another size', () => {
    const { image, device } = scene('ext4-1k');
    tool('resize2fs', ['-f', device, '20000']);
    run('truncate', ['-s', '24M', device]);
    expectRefused(image, device, /has 20000 blocks of 1024 bytes/);
  });

  test('a file that is too short', () => {
    const { image, device } = scene('ext4-1k');
    writeFileSync(device, '');
    expectRefused(image, device, /has 0 bytes, 25165824 are needed; --force makes/);
    expect(statSync(device).size).toBe(25165824);
  });

  test('a scrambled image', () => {
    const { source, image, device } = scene('ext4-1k', 'raw');
    debugfs(['-w', '-R', 'ssv last_mounted "scrambled by e2image"', image]);
    junk(device, placesOf(source).inodeTables, 1024);
    expectRefused(image, device, /the image is scrambled/);
  });

  test.each([['-s'], ['-rs'], ['-Qs']])('an image that ours scrambled with %s', (letters) => {
    const source = fixture('ext4-1k');
    const image = file('scrambled');
    rmSync(image, { force: true });
    expect(ours([letters, source, image])).toMatchObject({ status: 0 });
    const device = copyOf(source, file('device'));
    junk(device, placesOf(source).inodeTables, 1024);
    expectRefused(image, device, /the image is scrambled/);
  });

  const mmpBlockOf = (device: string): number => {
    const text = new TextDecoder('latin1').decode(tool('dumpe2fs', ['-h', device]).stdout);
    return Number(/^MMP block number:\s+(\d+)$/m.exec(text)?.[1]);
  };

  test('a device whose MMP block is damaged: it does not say that no host uses it', () => {
    const { source, image, device } = scene('mmp');
    const block = mmpBlockOf(device);
    run('sh', ['-c', `printf XXXX | dd of=${device} bs=1 seek=$((${block} * 4096)) conv=notrunc status=none`]);
    junk(device, placesOf(source).inodeTables, 4096);
    expectRefused(image, device, new RegExp(`MMP block ${block} of the device is damaged .magic number 0x58585858`));
  });

  test('a device whose MMP block would be outside the file system', () => {
    const { image, device } = scene('mmp');
    debugfs(['-w', '-R', 'ssv mmp_block 999999', device]);
    expectRefused(image, device, /MMP block 999999 of the device is damaged \(outside the file system\)/);
  });

  test('a device that MMP says is in use', () => {
    const { source, image, device } = scene('mmp');
    const block = mmpBlockOf(device);
    // The sequence number is the second word. debugfs would set it back when it ends.
    run('sh', [
      '-c',
      `printf '\\021\\0\\0\\0' | dd of=${device} bs=1 seek=$((${block} * 4096 + 4)) conv=notrunc status=none`,
    ]);
    junk(device, placesOf(source).inodeTables, 4096);
    expectRefused(image, device, /multi-mount protection says/, []);
    expect(restore(['--force', image, device])).toMatchObject({ status: 1 });
    // Without a superblock tune2fs could not clear the mark.
    const places = placesOf(source);
    junk(device, places.superblock, places.blockSize);
    expectRefused(image, device, /multi-mount protection says/);
  });

  test.each(['normal', 'raw'] as const)('a %s image whose journal was not replayed', (format) => {
    const source = fixture('ext3-4k');
    const dirty = copyOf(source, file('dirty'));
    dirtyJournal(dirty);
    const image = file('dirty.image');
    expect(cE2image([...(format === 'raw' ? ['-r'] : []), dirty, image]).status).toBe(0);
    const device = copyOf(source, file('device'));
    junk(device, placesOf(source).inodeTables, 4096);
    expectRefused(image, device, /journal had not been replayed \(needs_recovery\)/, ['--force', '--drop-journal']);
    expect(e2fsck(device).status).toBe(0);
  });

  test.each(['normal', 'raw'] as const)('a device whose journal was not replayed, for a %s image', (format) => {
    const { source, image, device } = scene('ext3-4k', format);
    dirtyJournal(device);
    junk(device, placesOf(source).inodeTables, 4096);
    const places = placesOf(device);
    junk(device, places.superblock, places.blockSize);
    expectRefused(image, device, /journal on the device holds changes/, ['--force', '--drop-journal']);
    expect(e2fsck(device).status).toBe(0);
  });

  test('a file that is not an image', () => {
    const { source, device } = scene('ext4-1k');
    writeFileSync(file('none'), new Uint8Array(9000));
    const outcome = restore([file('none'), device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('neither a normal nor a raw nor a QCOW2 image');
    expect(same(device, source)).toBe(true);
  });

  test('an image that is the device', () => {
    const { device } = scene('ext4-1k');
    expect(restore([device, device]).stderr).toContain('are the same file; nothing was written');
  });
});
