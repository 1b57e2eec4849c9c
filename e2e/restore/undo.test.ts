import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOf } from '../support/fixtures.ts';
import { killedRestore, killScene } from '../support/killed-restore.ts';
import { describeNeeds, e2fsck, run, testNeeds, tool } from '../support/oracle.ts';
import { file, KINDS, RESTORE_NEEDS, restore, same, scene } from '../support/restore-scene.ts';
import { junk, placesOf } from '../support/wipe.ts';

describeNeeds(RESTORE_NEEDS, 'an undo file', () => {
  testNeeds(['e2undo'], 'e2undo brings back the exact bytes', () => {
    for (const name of ['ext4-1k', 'ext4-4k', 'ext4-64k']) {
      const { source, image, device } = scene(name);
      const places = placesOf(source);
      for (const kind of KINDS) junk(device, places[kind], places.blockSize);
      const wiped = copyOf(device, file('wiped'));
      const undo = file(`${name}.undo`);
      const outcome = restore(['-z', undo, image, device]);
      expect(outcome).toMatchObject({ status: 0 });
      expect(outcome.stderr).toContain(`to undo: e2undo ${undo} ${device}`);
      expect(e2fsck(device)).toEqual(e2fsck(source));
      expect(tool('e2undo', [undo, device])).toMatchObject({ status: 0 });
      expect(same(device, wiped)).toBe(true);
    }
  });

  test('an existing undo file is never overwritten', () => {
    const { source, image, device } = scene('ext4-1k');
    junk(device, placesOf(source).inodeTables, 1024);
    const undo = file('precious');
    writeFileSync(undo, 'not an undo file');
    const outcome = restore(['-z', undo, image, device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('the file exists and is not an undo file while saving the old content in');
    expect(readFileSync(undo, 'latin1')).toBe('not an undo file');
    expect(e2fsck(device).status).not.toBe(0);
  });

  testNeeds(['e2undo'], 'killed at any point, it can be undone, and run again', async () => {
    const inside = mkdtempSync(file('killed-'));
    const scene = await killScene(inside);
    const reached = new Set<string>();
    for (let point = 0; point < 10; point++) {
      const moment = {
        phase: point < 3 ? 'saving' : 'writing',
        share: point < 3 ? point / 3 : (point - 3) / 8,
      } as const;
      const result = await killedRestore(scene, moment);
      expect(result).toMatchObject({ completed: true, undoneAfter: true });
      expect(result.undone).not.toBe(false);
      reached.add(result.reached);
    }
    expect([...reached]).toContain('in the writes');
    rmSync(inside, { recursive: true });
  });

  test('an undo file of another file system is not continued', () => {
    const first = scene('ext4-1k');
    junk(first.device, placesOf(first.source).inodeTables, 1024);
    const undo = file('first.undo');
    expect(restore(['-z', undo, first.image, first.device])).toMatchObject({ status: 0 });
    const before = readFileSync(undo);
    const second = scene('ext2-1k');
    const outcome = restore(['-z', undo, second.image, second.device]);
    expect(outcome).toMatchObject({ status: 1 });
    expect(outcome.stderr).toContain('is about another file system');
    expect(readFileSync(undo)).toEqual(before);
  });

  describeNeeds(['root'], 'where the undo file does not fit', () => {
    test('nothing is written, and nothing is left of it', () => {
      const { source, image, device } = scene('ext4-4k');
      const places = placesOf(source);
      junk(device, places.inodeTables, places.blockSize);
      const wiped = copyOf(device, file('wiped'));
      const small = mkdtempSync(file('small-'));
      expect(run('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small])).toMatchObject({ status: 0 });
      try {
        const outcome = restore(['-z', join(small, 'undo'), image, device]);
        expect(outcome).toMatchObject({ status: 1 });
        expect(outcome.stderr).toContain('No space left on device');
        expect(readdirSync(small)).toEqual([]);
        expect(same(device, wiped)).toBe(true);
      } finally {
        run('umount', [small]);
      }
    });
  });
});
