import { checkJournalPlace, type PlaceView } from './check-journal-place.ts';

const [TMPFS, EXT4, OVERLAY] = [0x0102_1994, 0xef53, 0x794c_7630];

/** /mnt is on device 8:2 (dev 2050), /over an overlay with its upper folder on /upper. */
function view(types: Readonly<Record<string, number>>): PlaceView {
  const mountinfo =
    '30 1 8:2 / /mnt rw - ext4 /dev/sda2 rw\n' +
    '31 1 0:44 / /over rw - overlay overlay rw,lowerdir=/low,upperdir=/upper,workdir=/work';
  const devices: Readonly<Record<string, { dev: number; rdev: number }>> = {
    '/mnt': { dev: 2050, rdev: 0 },
    '/over': { dev: 44, rdev: 0 },
    '/dev/sda1': { dev: 5, rdev: 2049 },
    '/dev/sda2': { dev: 5, rdev: 2050 },
    '/dev/sda': { dev: 5, rdev: 2048 },
  };
  const files: Readonly<Record<string, string>> = {
    '/proc/self/mountinfo': mountinfo,
    '/sys/dev/block/8:2/start': '100000',
    '/sys/dev/block/8:2/size': '50000',
    '/sys/dev/block/8:2/partition': '2',
    '/sys/dev/block/8:2/../dev': '8:0',
    '/sys/dev/block/8:0/size': '200000',
  };
  return {
    identify(path) {
      const found = devices[path];
      if (found === undefined) return undefined;
      return { kind: found.rdev === 0 ? 'other' : 'block-device', ino: 1, ...found };
    },
    readText: (path) => files[path],
    list: () => [],
    filesystemType: (path) => types[path],
  };
}

const move = { source: 0, destination: 1 << 20, length: 1 << 20 };
const check = (journal: string, device: string, places: PlaceView, isMemoryAllowed = false, where = move) =>
  checkJournalPlace({ journal, device, move: where }, { isMemoryAllowed, view: places });
const refused = (code: string) => expect.objectContaining({ code });

describe('a journal', () => {
  test('is fine on the disk of another file system', () => {
    expect(() => check('/mnt/j', '/dev/sda1', view({ '/mnt': EXT4 }))).not.toThrow();
  });

  test('is refused on memory, unless the user takes the risk', () => {
    const memory = view({ '/mnt': TMPFS });
    expect(() => check('/mnt/j', '/dev/sda1', memory)).toThrow(refused('MOVE_JOURNAL_MEMORY'));
    expect(() => check('/mnt/j', '/dev/sda1', memory, true)).not.toThrow();
  });

  test('is refused on an overlay over memory, and fine on one over a disk', () => {
    expect(() => check('/over/j', '/dev/sda1', view({ '/over': OVERLAY, '/upper': TMPFS }))).toThrow(
      refused('MOVE_JOURNAL_MEMORY'),
    );
    expect(() => check('/over/j', '/dev/sda1', view({ '/over': OVERLAY, '/upper': EXT4 }))).not.toThrow();
    expect(() => check('/over/j', '/dev/sda1', view({ '/over': OVERLAY }))).not.toThrow();
  });

  test('is refused on the file system that is moved', () => {
    expect(() => check('/mnt/j', '/dev/sda2', view({ '/mnt': EXT4 }), true)).toThrow(
      refused('MOVE_JOURNAL_SAME_FILESYSTEM'),
    );
  });

  test('is refused where the move of another partition would write', () => {
    const places = view({ '/mnt': EXT4 });
    expect(() => check('/mnt/j', '/dev/sda', places)).not.toThrow();
    const into = { ...move, destination: 100_000 * 512 };
    expect(() => check('/mnt/j', '/dev/sda', places, false, into)).toThrow(refused('MOVE_JOURNAL_SAME_FILESYSTEM'));
  });
});
