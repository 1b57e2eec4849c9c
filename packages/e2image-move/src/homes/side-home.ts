import type { Storage } from '../disk/storage.ts';
import { SLOTS_BYTES, slotWriter } from '../record/record.ts';
import { encodeMap } from '../used/used-map.ts';
import type { RecordHome } from './record-home.ts';

/** Bytes of the file before its log: the two slots, and the map, rounded up to 4,096 bytes. */
export const logOffset = (mapBytes: number): number => SLOTS_BYTES + Math.ceil(mapBytes / 4096) * 4096;

/**
 * A record in a file of its own: two slots, the map, and room for a logged batch.
 *
 * @param remove deletes the file, durably
 */
export function sideHome(file: Storage, remove: () => void): RecordHome {
  const save = slotWriter(file, 0);
  return {
    displaced: undefined,
    log: file,
    announce(record, map) {
      file.writeAt(encodeMap(map), SLOTS_BYTES);
      file.sync();
      save(record);
    },
    settle: (record) => record,
    save,
    remove,
  };
}
