import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkQcow2, folderResolver, loadCodec, openQcow2, type Qcow2Image, type Source } from '@e2image/qcow2';
import { FileSource, loadKernelCalls } from '@e2image/sparse-io';
import { describeNeeds, ours, qemuImg, tool } from '../support/oracle.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

let folder = '';
const file = (name: string): string => join(folder, name);
const opened: FileSource[] = [];
let kernel: Awaited<ReturnType<typeof loadKernelCalls>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qcow2-read-'));
  kernel = await loadKernelCalls();
  await loadCodec('zstd');
  writeFileSync(file('base'), disk());
});

afterEach(() => {
  for (const source of opened.splice(0)) source[Symbol.dispose]();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 5 MiB and three sectors: noise, text, stored zeros, holes between, and something in the last hundred bytes. */
function disk(): Uint8Array {
  const bytes = new Uint8Array(5 * MIB + 3 * 512);
  const noise: Uint8Array[] = [];
  for (let n = 0; n < 700 * 32; n++) noise.push(createHash('sha256').update(`noise ${n}`).digest());
  bytes.set(Buffer.concat(noise, 700 * KIB), 100 * KIB);
  bytes.set(Buffer.from('a text that repeats itself\n'.repeat(20_000), 'latin1'), 2 * MIB + 512);
  for (let at = 3 * MIB; at < 4 * MIB; at += 40 * KIB) bytes.fill(0x11 + (at % 7), at, at + 3 * KIB);
  bytes.fill(0xaa, bytes.length - 100);
  return bytes;
}

/** Run qemu-img or qemu-io in the folder. @throws Error with what it said */
function qemu(args: readonly string[], program: 'qemu-img' | 'qemu-io' = 'qemu-img'): string {
  const { status, stdout, stderr } = tool(program, args, { cwd: folder });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return Buffer.from(stdout).toString('latin1');
}

const create = (name: string, size: string, options = '', backing: readonly string[] = []): string => {
  qemu(['create', '-q', '-f', 'qcow2', ...(options === '' ? [] : ['-o', options]), ...backing, name, size]);
  return name;
};
const convert = (name: string, options = '', flags: readonly string[] = [], from = 'base'): string => {
  const format = from === 'base' ? 'raw' : 'qcow2';
  const tuning = options === '' ? [] : ['-o', options];
  qemu(['convert', '-q', ...flags, '-f', format, '-O', 'qcow2', ...tuning, from, name]);
  return name;
};
const io = (name: string, ...commands: string[]): string => {
  qemu([...commands.flatMap((command) => ['-c', command]), '-f', 'qcow2', name], 'qemu-io');
  return name;
};

function openFile(path: string): FileSource {
  const source = FileSource.open(path, { kernel });
  opened.push(source);
  return source;
}

function openImage(name: string): Qcow2Image {
  return openQcow2(openFile(file(name)), { ...folderResolver<Source>({ image: file(name), open: openFile }) });
}

/** The whole disk, in the order of its pieces. */
function contents(image: Qcow2Image): Uint8Array {
  const bytes = new Uint8Array(image.size);
  for (const piece of image.pieces()) if (piece.kind === 'data') bytes.set(piece.bytes, piece.offset);
  return bytes;
}

function expectSame(found: Uint8Array, expected: Uint8Array): void {
  expect(found.length).toBe(expected.length);
  expect(Buffer.compare(found, expected)).toBe(0);
}

/** The bytes that qemu-img finds in an image, or in a snapshot of it. */
function oracleBytes(name: string, flags: readonly string[] = []): Uint8Array {
  qemu(['convert', '-q', ...flags, '-f', 'qcow2', '-O', 'raw', name, 'oracle']);
  const bytes = readFileSync(file('oracle'));
  rmSync(file('oracle'));
  return bytes;
}

/** A run of `qemu-img map --output=json`. */
interface Mapped {
  readonly start: number;
  readonly length: number;
  readonly depth: number;
  readonly present: boolean;
  readonly zero: boolean;
  readonly data: boolean;
  readonly offset?: number;
}

function ourMap(image: Qcow2Image): Mapped[] {
  return [...image.extents()].map(({ offset: start, length, depth, present, zero, data, hostOffset }) => ({
    start,
    length,
    depth,
    present,
    zero,
    data,
    ...(hostOffset === undefined ? {} : { offset: hostOffset }),
  }));
}

function expectSameMap(name: string): void {
  const expected: Mapped[] = JSON.parse(qemu(['map', '--output=json', '-f', 'qcow2', name]));
  // qemu-img 8.2 and later report `compressed`.
  const known = expected.map(({ start, length, depth, present, zero, data, offset }) => ({
    start,
    length,
    depth,
    present,
    zero,
    data,
    ...(offset === undefined ? {} : { offset }),
  }));
  expect(ourMap(openImage(name))).toEqual(known);
}

/** The check's counts and figures, as qemu-img has them. */
function expectSameCheck(name: string): void {
  const { status, stdout } = qemuImg(['check', '--output=json', '-f', 'qcow2', name], { cwd: folder });
  const expected = JSON.parse(Buffer.from(stdout).toString('latin1'));
  const report = checkQcow2(openFile(file(name)));
  expect({ status: report.corruptions > 0 ? 2 : report.leaks > 0 ? 3 : 0, ...report }).toEqual({
    status,
    corruptions: expected.corruptions ?? 0,
    leaks: expected.leaks ?? 0,
    totalClusters: expected['total-clusters'],
    allocatedClusters: expected['allocated-clusters'] ?? 0,
    fragmentedClusters: expected['fragmented-clusters'] ?? 0,
    compressedClusters: expected['compressed-clusters'] ?? 0,
    imageEndOffset: expected['image-end-offset'],
  });
}

/** Reads of one byte, across clusters and L2 tables, and of the tail. */
function expectSameParts(image: Qcow2Image, expected: Uint8Array): void {
  const { clusterSize } = image.info;
  for (const middle of [0, clusterSize, 64 * clusterSize, 100 * KIB, 3 * MIB + 7, image.size]) {
    for (const length of [1, 513, clusterSize + 1]) {
      const offset = Math.max(0, Math.min(middle - (length >> 1), image.size - length));
      const part = new Uint8Array(Math.min(length, image.size));
      image.readAt(part, offset);
      expectSame(part, expected.subarray(offset, offset + part.length));
    }
  }
}

function expectSameAsQemu(name: string): void {
  const expected = oracleBytes(name);
  const image = openImage(name);
  expectSame(contents(image), expected);
  expectSameParts(image, expected);
  expectSameMap(name);
  expectSameCheck(name);
}

const SIZES = ['512', '1k', '2k', '4k', '8k', '16k', '32k', '64k', '128k', '256k', '512k', '1M', '2M'];

/** Images by what is special about them; each makes its file and gives its name. */
const MATRIX: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    SIZES.flatMap((size) =>
      ['0.10', '1.1'].map((compat) => [
        `clusters of ${size}, compat ${compat}`,
        () => convert('image', `cluster_size=${size},compat=${compat}`),
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['zlib', 'zstd'].flatMap((type) =>
      ['512', '4k', '64k', '2M'].map((size) => [
        `${type} clusters of ${size}`,
        () => convert('image', `cluster_size=${size},compression_type=${type}`, ['-c']),
      ]),
    ),
  ),
  'zlib clusters, compat 0.10': () => convert('image', 'cluster_size=4k,compat=0.10', ['-c']),
  'zlib clusters written out of order': () => convert('image', 'cluster_size=4k', ['-c', '-W', '-m', '16']),
  ...Object.fromEntries(
    [1, 2, 4, 8, 32, 64].map((bits) => [
      `refcounts of ${bits} bits`,
      () => convert('image', `cluster_size=4k,refcount_bits=${bits}`),
    ]),
  ),
  'refcounts of 1 bit, compressed': () => convert('image', 'cluster_size=4k,refcount_bits=1', ['-c']),
  ...Object.fromEntries(
    ['16k', '64k', '2M'].map((size) => [
      `subclusters in clusters of ${size}`,
      () => convert('image', `cluster_size=${size},extended_l2=on`),
    ]),
  ),
  'subclusters, compressed': () => convert('image', 'cluster_size=16k,extended_l2=on', ['-c']),
  'subclusters written in part over a backing file': () => {
    create('image', '5244416', 'cluster_size=64k,extended_l2=on', ['-b', 'base', '-F', 'raw']);
    return io('image', 'write -P 7 2k 2k', 'write -P 8 130k 2k', 'write -z 200k 8k', 'write -P 9 1M 64k');
  },
  'preallocated falloc': () => create('image', '3M', 'preallocation=falloc'),
  'preallocated full': () => create('image', '3M', 'preallocation=full'),
  'lazy refcounts': () => convert('image', 'lazy_refcounts=on'),
  'data file': () => {
    create('image', '3M', 'data_file=data.raw');
    return io('image', 'write -P 5 0 64k', 'write -P 6 1M 200k', 'write -z 1M 64k');
  },
  'raw data file': () => {
    create('image', '3M', 'data_file=data.raw,data_file_raw=on');
    return io('image', 'write -P 5 0 64k', 'write -P 6 1M 200k');
  },
  'over a raw backing file that ends inside a cluster': () => {
    create('image', '8M', '', ['-b', 'base', '-F', 'raw']);
    return io('image', 'write -P 5 1M 64k', 'write -P 6 6M 4k', 'write -z 2M 128k');
  },
  'over a longer backing file': () => create('image', '1M', 'cluster_size=4k', ['-b', 'base', '-F', 'raw']),
  'three deep, three cluster sizes': () => {
    create('one', '8M', 'cluster_size=2M', ['-b', 'base', '-F', 'raw']);
    io('one', 'write -P 1 2M 64k');
    create('two', '6M', 'cluster_size=512', ['-b', 'one', '-F', 'qcow2']);
    io('two', 'write -P 2 2050k 1k', 'write -z 100k 64k');
    create('image', '7M', 'cluster_size=64k', ['-b', 'two', '-F', 'qcow2']);
    return io('image', 'write -P 3 5M 64k');
  },
  'zero clusters': () => {
    create('image', '4M', '');
    return io('image', 'write -P 1 0 1M', 'write -z 64k 64k', 'write -z -u 256k 128k', 'write -z 2M 64k');
  },
  'zeros in version 2': () => {
    create('image', '4M', 'compat=0.10');
    return io('image', 'write -P 1 0 1M', 'write -z 64k 64k');
  },
  discarded: () => {
    convert('image', 'cluster_size=4k');
    return io('image', 'discard 200k 64k', 'discard 3M 100k');
  },
  'discarded over a backing file': () => {
    create('image', '5M', '', ['-b', 'base', '-F', 'raw']);
    return io('image', 'write -P 1 0 1M', 'discard 64k 128k');
  },
  bitmaps: () => {
    convert('image');
    qemu(['bitmap', '--add', '-g', '4k', 'image', 'fine']);
    qemu(['bitmap', '--add', '--disable', 'image', 'coarse']);
    return io('image', 'write -P 3 1M 64k');
  },
  grown: () => {
    convert('image', 'cluster_size=512');
    qemu(['resize', '-q', 'image', '40M']);
    return io('image', 'write -P 4 39M 4k');
  },
  shrunk: () => {
    convert('image');
    qemu(['resize', '-q', '--shrink', 'image', '3M']);
    return 'image';
  },
  'written by a machine': () => {
    create('image', '5M', 'cluster_size=4k');
    const writes = Array.from({ length: 60 }, (_, n) => `write -P ${n + 1} ${((n * 37) % 1200) * 4}k 4k`);
    return io('image', ...writes);
  },
  'nothing in it': () => create('image', '8M'),
  'one sector': () => create('image', '512'),
  'one cluster and a sector': () => io(create('image', '66048'), 'write -P 1 65536 512'),
  'one cluster less a sector': () => io(create('image', '65024'), 'write -P 1 0 65024'),
};

describeNeeds(['qemu-img', 'qemu-io'], 'an image reads, maps and checks as qemu-img has it', () => {
  afterEach(() => {
    for (const name of ['image', 'one', 'two', 'data.raw']) rmSync(file(name), { force: true });
  });

  test.each(Object.entries(MATRIX))('%s', (_, make) => {
    expectSameAsQemu(make());
  });

  test('no disk at all', () => {
    create('image', '0');
    const image = openImage('image');
    expect([image.size, [...image.extents()], [...image.pieces()]]).toEqual([0, [], []]);
  });

  test.each(['100G', '2T'])('%s with two writes, by its tables', (size) => {
    create('image', size);
    io('image', 'write -P 1 0 64k', 'write -P 2 90G 64k');
    expectSameMap('image');
    expectSameCheck('image');
    const part = new Uint8Array(64 * KIB);
    openImage('image').readAt(part, 90 * 1024 * MIB);
    expectSame(part, new Uint8Array(64 * KIB).fill(2));
  });

  test('preallocated metadata: the data are there to be read, and read as zeros', () => {
    create('image', '3M', 'preallocation=metadata');
    expectSame(contents(openImage('image')), new Uint8Array(3 * MIB));
    expectSameCheck('image');
  });

  test('an image whose writer died is marked, and reads', () => {
    create('image', '3M', 'lazy_refcounts=on');
    tool('qemu-io', ['-c', 'write -P 1 0 64k', '-c', 'abort', '-f', 'qcow2', 'image'], { cwd: folder });
    const image = openImage('image');
    expect(image.info).toMatchObject({ isDirty: true, hasLazyRefcounts: true });
    expect(contents(image).subarray(0, 64 * KIB)).toEqual(new Uint8Array(64 * KIB).fill(1));
  });

  test('snapshots read as convert -l has them, at either size', () => {
    create('image', '4M', 'cluster_size=4k');
    io('image', 'write -P 1 0 1M');
    qemu(['snapshot', '-c', 'first', 'image']);
    io('image', 'write -P 2 512k 1M');
    qemu(['snapshot', '-c', 'second', 'image']);
    io('image', 'write -P 3 0 64k');
    qemu(['resize', '-q', 'image', '6M']);
    const image = openImage('image');
    expect(image.snapshots().map(({ id, name, diskSize }) => [id, name, diskSize])).toEqual([
      ['1', 'first', 4 * MIB],
      ['2', 'second', 4 * MIB],
    ]);
    for (const name of ['first', 'second']) {
      const expected = oracleBytes('image', ['-l', name]);
      expectSame(contents(image.snapshot({ snapshot: name, size: 'current' })), expected);
      expectSame(contents(image.snapshot({ snapshot: name })), expected.subarray(0, 4 * MIB));
    }
    expectSameAsQemu('image');
  });

  test('a relative backing name is sought beside the image, from any folder', () => {
    create('image', '5M', '', ['-b', 'base', '-F', 'raw']);
    expectSame(contents(openImage('image')), readFileSync(file('base')).subarray(0, 5 * MIB));
  });

  test('bitmaps are listed with their flags', () => {
    create('image', '4M');
    qemu(['bitmap', '--add', '-g', '4k', 'image', 'fine']);
    qemu(['bitmap', '--add', '--disable', 'image', 'coarse']);
    expect(openImage('image').bitmaps()).toMatchObject([
      { name: 'fine', granularity: 4096, isAuto: true, isInUse: false },
      { name: 'coarse', granularity: 65_536, isAuto: false, isInUse: false },
    ]);
  });

  // qemu-img makes LUKS images only where the CPU's time can be measured; header.test.ts has one.
  test('AES: the map is printed, the data are refused', () => {
    const secret = ['--object', 'secret,id=s,data=12345678'];
    qemu(['create', '-q', '-f', 'qcow2', ...secret, '-o', 'encrypt.format=aes,encrypt.key-secret=s', 'image', '2M']);
    const target = 'driver=qcow2,file.filename=image,encrypt.key-secret=s';
    qemu(['-c', 'write -P 1 0 64k', ...secret, '--image-opts', target], 'qemu-io');
    const image = openImage('image');
    expect(image.info.encryption).toBe('aes');
    expect([...image.extents()].map(({ data }) => data)).toEqual([true, false]);
    expect(() => contents(image)).toThrow(expect.objectContaining({ code: 'QCOW2_ENCRYPTED' }));
    expect(checkQcow2(openFile(file('image')))).toMatchObject({ corruptions: 0, leaks: 0 });
  });

  test('damage is found as qemu-img check finds it', () => {
    for (const [offset, byte] of [
      [131_072, 0x7f],
      [196_608, 0x02],
    ] as const) {
      convert('image');
      const bytes = readFileSync(file('image'));
      bytes[offset] = byte;
      writeFileSync(file('image'), bytes);
      const { status } = qemuImg(['check', '-f', 'qcow2', file('image')]);
      const report = checkQcow2(openFile(file('image')));
      expect(report.corruptions > 0 ? 2 : report.leaks > 0 ? 3 : 0).toBe(status);
    }
  });

  test('a cut image is an error, where qemu-img reads zeros', () => {
    convert('image');
    truncateSync(file('image'), statSync(file('image')).size - 2 * 65_536);
    expect(oracleBytes('image').length).toBe(5 * MIB + 3 * 512);
    expect(() => contents(openImage('image'))).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
  });
});

/** Fields of qemu-img info that ours need not have: what it says of the file, and zeros it does not use. */
function comparable(info: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(info, (name, value) => (['icount', 'children'].includes(name) ? undefined : value)));
}

describeNeeds(['qemu-img', 'qemu-io'], 'qcow2', () => {
  afterEach(() => rmSync(file('image'), { force: true }));
  const qcow2 = (...args: string[]) => ours(args, { tool: 'qcow2', cwd: folder });
  const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

  test.each([
    ['a plain image', () => convert('image')],
    ['version 2', () => convert('image', 'compat=0.10')],
    ['a backing file', () => create('image', '5M', 'extended_l2=on', ['-b', 'base', '-F', 'raw'])],
    ['a data file', () => create('image', '1M', 'data_file=data.raw,data_file_raw=on')],
    [
      'snapshots and bitmaps',
      () => {
        create('image', '1M', 'lazy_refcounts=on');
        qemu(['snapshot', '-c', 'first', 'image']);
        qemu(['bitmap', '--add', 'image', 'fine']);
        return 'image';
      },
    ],
  ])('info --json of %s has the fields of qemu-img', (_, make) => {
    make();
    const { status, stdout } = qcow2('info', '--json', 'image');
    expect(status).toBe(0);
    expect(comparable(JSON.parse(textOf(stdout)))).toEqual(
      comparable(JSON.parse(qemu(['info', '--output=json', '-f', 'qcow2', 'image']))),
    );
  });

  test('map --json has the lines of qemu-img', () => {
    convert('image', 'cluster_size=4k');
    const { status, stdout } = qcow2('map', '--json', 'image');
    expect(status).toBe(0);
    expect(textOf(stdout).replaceAll(/, "compressed": (true|false)/g, '')).toBe(
      qemu(['map', '--output=json', '-f', 'qcow2', 'image']).replaceAll(/, "compressed": (true|false)/g, ''),
    );
  });

  test('check has the statuses of qemu-img', () => {
    convert('image');
    expect(qcow2('check', 'image').status).toBe(0);
    expect(qcow2('check', 'base').status).toBe(63);
    expect(qcow2('check', 'gone').status).toBe(1);
    const bytes = readFileSync(file('image'));
    writeFileSync(
      file('image'),
      Buffer.concat([bytes.subarray(0, 131_072), Buffer.from([0, 2]), bytes.subarray(131_074)]),
    );
    expect(qcow2('check', 'image').status).toBe(qemuImg(['check', '-f', 'qcow2', file('image')]).status);
    expect(qcow2('check', 'image').status).toBe(3);
    writeFileSync(
      file('image'),
      Buffer.concat([bytes.subarray(0, 131_072), Buffer.from([0, 0]), bytes.subarray(131_074)]),
    );
    expect(qcow2('check', '--json', 'image').status).toBe(2);
  });

  test('check reads standard input', () => {
    convert('image');
    const { status } = ours(['check', '-'], { tool: 'qcow2', input: readFileSync(file('image')) });
    expect(status).toBe(0);
  });

  test('extended L2 entries from a pipe are read by way of a temporary file', () => {
    convert('image', 'extended_l2=on');
    const input = readFileSync(file('image'));
    const { status, stdout } = ours(['cat', '-'], { tool: 'qcow2', input });
    expect(status).toBe(0);
    expectSame(stdout, oracleBytes('image'));
    expect(ours(['convert', '-', 'out'], { tool: 'qcow2', cwd: folder, input }).status).toBe(0);
    expectSame(readFileSync(file('out')), oracleBytes('image'));
  });

  test('compare has the statuses and words of qemu-img', () => {
    convert('image');
    const says = (...args: string[]) => {
      const mine = qcow2('compare', ...args);
      const theirs = qemuImg(['compare', ...args], { cwd: folder });
      expect([mine.status, textOf(mine.stdout)]).toEqual([theirs.status, textOf(theirs.stdout)]);
      return mine.status;
    };
    expect(says('base', 'image')).toBe(0);
    io('image', 'write -P 1 3M 1k');
    expect(says('base', 'image')).toBe(1);
    expect(says('gone', 'image')).toBe(2);
    create('image', '8M');
    io('image', 'write -P 1 7M 1k');
    expect(says('-s', 'base', 'image')).toBe(1);
    expect(says('image', 'base')).toBe(1);
    expect(qcow2('compare').status).toBe(2);
  });

  test('a backing file outside of the folder is opened only when that is allowed', () => {
    const outside = mkdtempSync(join(tmpdir(), 'qcow2-outside-'));
    try {
      writeFileSync(join(outside, 'base'), new Uint8Array(MIB).fill(1));
      create('image', '1M', '', ['-b', join(outside, 'base'), '-F', 'raw']);
      const { status, stderr } = qcow2('map', 'image');
      expect(status).toBe(1);
      expect(stderr).toContain("outside of the image's folder");
      expect(textOf(qcow2('map', '--allow-anywhere', 'image').stdout)).toContain('0x100000');
      expect(qcow2('info', 'image').status).toBe(0);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });
});
