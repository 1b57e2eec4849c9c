import { realpathSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CliError } from '@e2image/cli';
import { faultySource, memorySource, tempFolder } from '@e2image/sparse-io/testing';
import { diskBytes, imageOf } from './image-of.test.kit.ts';
import { openDisk, recogniseDisk } from './open-disk.ts';

const close = (): void => undefined;

/** All bytes of a source. */
function bytesOf({ size, readAt }: { size: number; readAt(into: Uint8Array, offset: number): void }): Uint8Array {
  const bytes = new Uint8Array(size);
  readAt(bytes, 0);
  return bytes;
}

describe('recogniseDisk', () => {
  test('a QCOW2 image is a disk with the bytes in it', async () => {
    const disk = await recogniseDisk({ source: memorySource(await imageOf(diskBytes)), close });
    expect(disk.format).toBe('qcow2');
    expect(disk.image?.info.virtualSize).toBe(diskBytes.length);
    expect(bytesOf({ size: disk.source.size, readAt: disk.source.readAt.bind(disk.source) })).toEqual(diskBytes);
  });

  test('a compressed image can be read, zstd too', async () => {
    for (const type of ['zlib', 'zstd'] as const) {
      const image = await imageOf(diskBytes, { compression: { type } });
      const disk = await recogniseDisk({ source: memorySource(image), close });
      expect(bytesOf({ size: disk.source.size, readAt: disk.source.readAt.bind(disk.source) })).toEqual(diskBytes);
    }
  });

  test.each([
    ['zeros', new Uint8Array(512)],
    ['text', new Uint8Array(512).fill(65)],
    ['three bytes of the magic number', Uint8Array.of(0x51, 0x46, 0x49)],
    ['nothing', new Uint8Array(0)],
  ])('%s are a raw disk', async (_what, bytes) => {
    const source = memorySource(bytes);
    expect(await recogniseDisk({ source, close })).toMatchObject({ format: 'raw', source });
  });

  test('a given format is not looked for', async () => {
    const image = await imageOf(diskBytes);
    expect(await recogniseDisk({ source: memorySource(image), close }, { format: 'raw' })).toMatchObject({
      format: 'raw',
      source: { size: image.length },
    });
    const opening = recogniseDisk({ source: memorySource(diskBytes), close }, { format: 'qcow2' });
    await expect(opening).rejects.toMatchObject({ code: 'QCOW2_BAD_MAGIC' });
  });

  test('a disk with an unreadable first sector can be taken for raw: its other bytes can be read, and the error is reported', async () => {
    const image = await imageOf(diskBytes);
    const source = faultySource(memorySource(image), { at: [{ offset: 0, length: 512 }] });
    const disk = await recogniseDisk({ source, close }, { isRawIfUnreadable: true });
    expect(disk.format).toBe('raw');
    const sector = new Uint8Array(512);
    disk.source.readAt(sector, 4096);
    expect(sector).toEqual(image.subarray(4096, 4608));
    expect(() => disk.source.readAt(sector, 0)).toThrow(expect.objectContaining({ code: 'EIO' }));
  });

  test('a disk whose first bytes cannot be read is refused with their error, unless the format is given', async () => {
    const source = faultySource(memorySource(diskBytes), { at: [{ offset: 0, length: 4 }] });
    await expect(recogniseDisk({ source, close })).rejects.toMatchObject({ code: 'EIO' });
    expect(await recogniseDisk({ source, close }, { format: 'raw' })).toMatchObject({ format: 'raw' });
  });

  test('a read that fails once does not make an image a raw disk', async () => {
    const image = memorySource(await imageOf(diskBytes));
    let reads = 0;
    const source = {
      ...image,
      readAt(into: Uint8Array, offset: number): void {
        if (reads++ === 0) throw Object.assign(new Error('once'), { code: 'EIO' });
        image.readAt(into, offset);
      },
    };
    for (const isRawIfUnreadable of [false, true]) {
      reads = 0;
      expect((await recogniseDisk({ source, close }, { isRawIfUnreadable })).format).toBe('qcow2');
    }
  });

  test('what cannot be opened is closed, what is open is closed once', async () => {
    let closed = 0;
    const count = (): void => {
      closed++;
    };
    const broken = { source: memorySource(Uint8Array.of(0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9)), close: count };
    await expect(recogniseDisk(broken)).rejects.toMatchObject({ code: 'QCOW2_UNSUPPORTED_VERSION' });
    expect(closed).toBe(1);
    const disk = await recogniseDisk({ source: memorySource(diskBytes), close: count });
    disk.close();
    disk.close();
    expect(closed).toBe(2);
  });
});

describe('openDisk', () => {
  test('names what it cannot open, on one line', async () => {
    using folder = tempFolder();
    await expect(openDisk(folder.file('a\nb'))).rejects.toMatchObject({
      code: 'CLI_FAILED',
      message: `No such file or directory while trying to open ${folder.file('a\\x0ab')}`,
    });
    writeFileSync(folder.file('disk'), diskBytes);
    await expect(openDisk(folder.file('disk'), { format: 'qcow2' })).rejects.toMatchObject({
      message: expect.stringMatching(/^not a qcow2 image.* while trying to open .*disk$/),
    });
  });

  test('a file is opened, and closed when nobody needs it', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('image'), await imageOf(diskBytes));
    const disk = await openDisk(folder.file('image'), { format: 'qcow2', chain: {} });
    expect(disk.image.info.clusterSize).toBe(512);
    disk.close();
    expect(() => disk.source.readAt(new Uint8Array(512), 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  /** Write an image that stores nothing and names a raw backing file. Source: qcow2.txt, `backing_file_offset`. */
  async function writeOverlay(path: string, backing: string): Promise<void> {
    const image = await imageOf(new Uint8Array(diskBytes.length), { isEmpty: true });
    const name = new TextEncoder().encode(backing);
    new DataView(image.buffer).setBigUint64(8, 200n);
    new DataView(image.buffer).setUint32(16, name.length);
    image.set(name, 200);
    writeFileSync(path, image);
  }

  test('a backing file is read, and is reported before it is opened', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('base'), diskBytes);
    await writeOverlay(folder.file('top'), 'base');
    const files: unknown[] = [];
    const onFile = (path: string, { role, depth }: { role: string; depth: number }) => files.push([path, role, depth]);
    const disk = await openDisk(folder.file('top'), { chain: { isProbing: true, onFile } });
    expect(bytesOf({ size: disk.source.size, readAt: disk.source.readAt.bind(disk.source) })).toEqual(diskBytes);
    expect(files).toEqual([[realpathSync(folder.file('base')), 'backing', 1]]);
    disk.close();
  });

  test('a backing file can be refused, is not guessed at, and is not opened for its names alone', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('base'), diskBytes);
    await writeOverlay(folder.file('top'), 'base');
    const onFile = (path: string): never => {
      throw new CliError('CLI_REFUSED', `not ${basename(path)}`);
    };
    const top = folder.file('top');
    await expect(openDisk(top, { chain: { isProbing: true, onFile } })).rejects.toThrow('not base');
    await expect(openDisk(top, { chain: { onFile } })).rejects.toThrow(/is not stated, and may not be guessed/);
    const alone = await openDisk(top, { format: 'qcow2', chain: { follow: 'none', onFile } });
    expect(alone.image.info.backingName).toBe('base');
    alone.close();
  });
});
