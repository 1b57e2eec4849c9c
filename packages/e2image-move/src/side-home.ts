import type { RecordHome } from './home.ts';
import { SLOTS_BYTES, slotWriter } from './record.ts';
import type { Storage } from './storage.ts';
import { encodeMap } from './used-map.ts';

/** Bytes of the file before its log: the two slots, the map, and what is left of its last 4,096 bytes. */
export const logOffset = (mapBytes: number): number => SLOTS_BYTES + Math.ceil(mapBytes / 4096) * 4096;

/**
 * The record in a file of its own: two slots, the map, and room for a logged batch.
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
