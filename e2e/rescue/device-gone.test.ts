import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aroundCache, FileSource, isolateErrors } from '@e2image/sparse-io';
import { faultySource } from '@e2image/sparse-io/testing';
import { LoopDevice } from '../support/loop.ts';
import { testNeeds } from '../support/oracle.ts';

// A loop device cannot be pulled out while it is open; that sysfs has no entry for it is made up here.
testNeeds(['loop'], 'a device that was pulled out has no bad blocks: reading ends with ENODEV', () => {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-gone-'));
  try {
    writeFileSync(join(folder, 'disk'), '');
    truncateSync(join(folder, 'disk'), 1 << 20);
    using loop = LoopDevice.attach(join(folder, 'disk'));
    using device = FileSource.open(loop.path);
    const failing = { ...faultySource(device, { at: [{ offset: 4096, length: 512 }] }), file: device.file };
    let isPluggedIn = true;
    using careful = aroundCache(failing, { exists: () => isPluggedIn });
    const bad: number[] = [];
    const source = isolateErrors(careful ?? failing, { blockSize: 4096, onBad: ({ offset }) => bad.push(offset) });
    source.readAt(new Uint8Array(1 << 17), 0);
    isPluggedIn = false;
    expect(() => source.readAt(new Uint8Array(1 << 17), 0)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    source.readAt(new Uint8Array(4096), 0);
    expect(bad).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
