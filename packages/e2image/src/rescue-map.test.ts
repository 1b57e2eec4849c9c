import { BlockSet } from '@e2image/ext-core';
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
      const map = mapOfBlocks({ read, unread: [...bad.runs()] }, { blockSize: 512, blocksCount: BLOCKS });
      expect(parseMapfile(encodeMapfile(map))).toEqual(map);
      const statuses = map.ranges.flatMap(({ length, status }) => new Array<string>(length / 512).fill(status));
      expect(statuses).toEqual(isRead.map((yes, block) => (isBad[block] ? '-' : yes ? '+' : '?')));
      expect(map.ranges.every((range, i) => i === 0 || range.status !== map.ranges[i - 1]?.status)).toBe(true);
    }),
  );
});
