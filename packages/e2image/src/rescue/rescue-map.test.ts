import { BlockSet } from '@e2image/ext-core/walk';
import { encodeMapfile, parseMapfile } from '@e2image/sparse-io';
import fc from 'fast-check';
import { mapOfBlocks } from './rescue-map.ts';

const BLOCKS = 40;
const set = fc.array(fc.boolean(), { minLength: BLOCKS, maxLength: BLOCKS });

test('says of every block how it fared, and survives being written and read', () => {
  fc.assert(
    fc.property(set, set, (isRead, isBad) => {
      const read = new BlockSet();
      const bad = new BlockSet();
      isRead.forEach((yes, block) => {
        if (yes) read.add(block);
      });
      isBad.forEach((yes, block) => {
        if (yes) bad.add(block);
      });
      const part = { blockSize: 512, from: 0, to: BLOCKS };
      const ranges = [...mapOfBlocks({ read: read.runs(), unread: bad.runs() }, part)];
      const map = { currentOffset: 0, currentStatus: '-', currentPass: 1, ranges };
      expect(parseMapfile(encodeMapfile(map))).toEqual(map);
      const statuses = ranges.flatMap(({ length, status }) => new Array<string>(length / 512).fill(status));
      expect(statuses).toEqual(isRead.map((yes, block) => (isBad[block] ? '-' : yes ? '+' : '?')));
      expect(ranges.every((range, i) => i === 0 || range.status !== ranges[i - 1]?.status)).toBe(true);
    }),
  );
});
