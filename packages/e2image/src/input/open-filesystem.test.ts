import { openFilesystem } from '@e2image/ext-core';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { injectedError, memorySource } from '@e2image/sparse-io/testing';
import { planOf } from '../testing/memory-job.ts';
import { openPlannedFilesystem } from './open-filesystem.ts';

const open = (line: string, source = memorySource(new TinyFilesystem().bytes)) =>
  openPlannedFilesystem(source, planOf(line), () => undefined);

describe('openPlannedFilesystem', () => {
  test('opens what ext-core opens', () => {
    expect(open('-r dev img').blocksCount).toBe(openFilesystem(new TinyFilesystem()).blocksCount);
  });

  test('reports a wrong superblock in the words of the C program, and with the field', () => {
    expect(() => open('-r dev img', memorySource(new Uint8Array(65_536)))).toThrow(
      /^Bad magic number in super-block while trying to open dev\n.*magic.*\nCouldn't find valid filesystem superblock\.$/s,
    );
  });

  test('reports a block size that is not that of the file system', () => {
    expect(() => open('-r -B 4096 dev img')).toThrow(/ while trying to open dev\n.*\nCouldn't find valid/s);
  });

  test('reports an error of the disk as such', () => {
    const source = {
      size: 65_536,
      readAt: () => {
        throw Object.assign(injectedError('EACCES', 'read'), { errno: -13 });
      },
    };
    expect(() => open('-r dev img', source)).toThrow('Permission denied while trying to open dev');
  });

  test('makes control characters in the name of the device visible', () => {
    const plan = { ...planOf('-r dev img'), device: 'a\u001b[2Jb' };
    expect(() => openPlannedFilesystem(memorySource(new Uint8Array(65_536)), plan, () => undefined)).toThrow(
      /while trying to open a\\x1b\[2Jb\n/,
    );
  });
});
