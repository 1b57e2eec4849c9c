import { openFilesystem } from '@e2image/ext-core';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { BlockClasses, KIND } from '../survey/block-classes.ts';
import { type IndexEntry, writeIndexNode, writeIndexRoot, writeRecords } from '../testing/directory-blocks.ts';
import {
  type DirectoryIndex,
  effectiveHashVersion,
  HASH_END,
  HASH_EOF,
  indexHasher,
  readIndex,
} from './directory-index.ts';
import { FileBlocks } from './file-blocks.ts';

const SIZE = TINY.blockSize;
const INODE = 12;
/** Where block 0 of the directory is. */
const START = 40;
const BLOCKS = 20;

class Directory {
  readonly disk = new TinyFilesystem();

  block(logical: number): Uint8Array {
    return this.disk.bytes.subarray((START + logical) * SIZE, (START + logical + 1) * SIZE);
  }

  root(entries: readonly IndexEntry[], options = {}): this {
    writeIndexRoot(this.block(0), entries, options);
    return this;
  }

  node(logical: number, entries: readonly IndexEntry[]): this {
    writeIndexNode(this.block(logical), entries);
    return this;
  }

  read(superblockFlags = 0): DirectoryIndex | undefined {
    const classes = new BlockClasses();
    const run = {
      kind: KIND.directory,
      start: START,
      count: BLOCKS,
      owner: INODE,
      logical: 0,
      generation: 0,
      flags: 1,
    };
    classes.add(run);
    classes.seal();
    const file = new FileBlocks(openFilesystem(this.disk), classes, { inode: INODE, from: 0, to: 1 });
    return readIndex(file, SIZE, superblockFlags);
  }
}

const LEAVES: readonly IndexEntry[] = [
  [0, 3],
  [0x1000, 1],
  // Bit 0: equal hashes continue. Bits 28 to 31 are not part of the number.
  [0x2001, 0xf000_0002],
];

describe('an index', () => {
  test('of one level has the leaves of its root, in order', () => {
    expect(new Directory().root(LEAVES, { hashVersion: 2 }).read()).toEqual({
      hashVersion: 2,
      leaves: [3, 1, 2],
      lows: [0, 0x1000, 0x2000],
      nodes: [],
      isSound: true,
    });
  });

  test('of two and three levels has the leaves below its inner blocks', () => {
    const two = new Directory()
      .root(
        [
          [0, 5],
          [0x8000_0000, 6],
        ],
        { levels: 1 },
      )
      .node(5, LEAVES)
      .node(6, [
        [0, 7],
        [0xf000_0000, 8],
      ]);
    expect(two.read()).toEqual({
      hashVersion: 1,
      leaves: [3, 1, 2, 7, 8],
      lows: [0, 0x1000, 0x2000, 0x8000_0000, 0xf000_0000],
      nodes: [
        { logical: 5, firstLeaf: 0 },
        { logical: 6, firstLeaf: 3 },
      ],
      isSound: true,
    });
    const three = two
      .root(
        [
          [0, 9],
          [0xf800_0000, 10],
        ],
        { levels: 2 },
      )
      .node(9, [
        [0, 5],
        [0x8000_0000, 6],
      ])
      .node(10, [[0, 11]])
      .node(11, [[0, 12]]);
    expect(three.read()).toMatchObject({ leaves: [3, 1, 2, 7, 8, 12], isSound: true });
    expect(three.read()?.nodes.map(({ logical }) => logical)).toEqual([9, 5, 6, 10, 11]);
  });

  test('does not exist where block 0 is not a root, or cannot be read', () => {
    const directory = new Directory();
    writeRecords(directory.block(0), [{ name: '.', length: 12 }, { name: 'other' }]);
    expect(directory.read()).toBeUndefined();
    directory.root(LEAVES).disk.unreadable.add(START);
    expect(directory.read()).toBeUndefined();
  });
});

describe('an index contradicts itself', () => {
  const isSound = (directory: Directory): boolean | undefined => directory.read()?.isSound;

  test.each<[string, readonly IndexEntry[]]>([
    [
      'when a boundary goes back',
      [
        [0, 1],
        [0x2000, 2],
        [0x1000, 3],
      ],
    ],
    [
      'when a block is named twice',
      [
        [0, 1],
        [0x1000, 1],
      ],
    ],
    [
      'when it names its own root',
      [
        [0, 1],
        [0x1000, 0],
      ],
    ],
    [
      'when it names a block that does not exist',
      [
        [0, 1],
        [0x1000, BLOCKS],
      ],
    ],
    ['when it has no leaves', []],
  ])('%s', (_name, entries) => {
    expect(isSound(new Directory().root(entries))).toBe(false);
  });

  test('but not when two boundaries are the same, or the last block is named', () => {
    expect(
      isSound(
        new Directory().root([
          [0, 1],
          [0x1000, 2],
          [0x1000, BLOCKS - 1],
        ]),
      ),
    ).toBe(true);
  });

  test('when it is deeper than can be: its root then has leaves', () => {
    const directory = new Directory().root(LEAVES, { levels: 3 });
    expect(directory.read()).toMatchObject({ leaves: [3, 1, 2], isSound: false });
  });

  test('when its root has more than the shape of one', () => {
    const directory = new Directory().root(LEAVES);
    directory.block(0)[0x18] = 1;
    expect(directory.read()).toMatchObject({ leaves: [3, 1, 2], isSound: false });
  });

  test('when the numbers of a block do not fit: nothing of that block is followed', () => {
    const directory = new Directory()
      .root(
        [
          [0, 5],
          [0x8000_0000, 6],
        ],
        { levels: 1 },
      )
      .node(5, LEAVES)
      .node(6, [[0, 7]]);
    new DataView(directory.disk.bytes.buffer).setUint16((START + 5) * SIZE + 10, 1000, true);
    expect(directory.read()).toMatchObject({
      leaves: [7],
      nodes: [{ logical: 5 }, { logical: 6, firstLeaf: 0 }],
      isSound: false,
    });
  });

  test('when an inner block is not one, or cannot be read', () => {
    const directory = new Directory()
      .root(
        [
          [0, 5],
          [0x8000_0000, 6],
        ],
        { levels: 1 },
      )
      .node(6, [[0, 7]]);
    writeRecords(directory.block(5), [{ name: 'leaf' }]);
    expect(directory.read()).toMatchObject({ leaves: [7], nodes: [{ logical: 6 }], isSound: false });
    directory.node(5, LEAVES).disk.unreadable.add(START + 5);
    expect(directory.read()).toMatchObject({ leaves: [7], nodes: [{ logical: 6 }], isSound: false });
  });

  test('when an inner block begins below the boundary that names it', () => {
    const directory = new Directory()
      .root(
        [
          [0, 5],
          [0x8000_0000, 6],
        ],
        { levels: 1 },
      )
      .node(5, LEAVES)
      .node(6, [
        [0, 7],
        [5, 8],
      ]);
    expect(isSound(directory)).toBe(false);
  });
});

describe('the hash of an index', () => {
  test('is unsigned where the superblock says so, for the versions that have a sign', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((version) => effectiveHashVersion(version, 2))).toEqual([3, 4, 5, 3, 4, 5, 6]);
    expect([0, 1, 2, 3].map((version) => effectiveHashVersion(version, 1))).toEqual([0, 1, 2, 3]);
    expect(new Directory().root(LEAVES).read(2)?.hashVersion).toBe(4);
  });

  test('is known for all versions but SipHash', () => {
    const index = { leaves: [], lows: [], nodes: [], isSound: true };
    const seed = new Uint8Array(16);
    for (const hashVersion of [0, 1, 2, 3, 4, 5]) expect(indexHasher({ ...index, hashVersion }, seed)).toBeDefined();
    for (const hashVersion of [6, 7]) expect(indexHasher({ ...index, hashVersion }, seed)).toBeUndefined();
  });

  test('is below the end of a directory, which is a hash that no name has', () => {
    expect([HASH_EOF, HASH_END]).toEqual([4294967294, 4294967296]);
  });
});
