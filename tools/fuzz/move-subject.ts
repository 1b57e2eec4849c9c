import { readFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { openMove } from '@e2image/e2image-move';
import { cutPower, traceMove } from '@e2image/e2image-move/testing';
import { crc32c } from '@e2image/ext-core/structures';
import { type Draw, mutate, type Subject } from './mutator.ts';

/** Positions in the record of a move: packages/e2image-move/src/record/record.ts. */
const SLOT = 4096;
const NUMBERS = { at: 32, length: 96 };
const MAP = 2 * SLOT;
const MAP_BYTES = 104;
const MAP_CRC = 112;

/** A device and the file of its move's record, as a power cut left them. */
export interface CutMove {
  readonly device: Uint8Array;
  readonly record: Subject;
}

/**
 * Some moments of a move.
 *
 * @param image path of a file that holds the file system at byte 0; its record goes beside it
 */
export async function cutMoves(image: string, to: number, moments: number): Promise<CutMove[]> {
  const world = fakeWorld({ randomBytes: (length) => new Uint8Array(length).fill(7) });
  using plan = await openMove({ device: image, from: 0, to, isForced: true }, world);
  const old = readFileSync(image);
  const device = new Uint8Array(old.length + to);
  device.set(old);
  const trace = traceMove(plan.task, device, `${image}.e2move`);
  const { length } = trace.operations;
  const counts = Array.from({ length: moments }, (_, i) => Math.floor(((i + 1) * length) / (moments + 1)));
  return [...cutPower(trace, counts, { sectorSize: 512, pick: () => 0.99 })].map(([left, file]) => ({
    device: left ?? device,
    record: recordSubject(file ?? new Uint8Array(0)),
  }));
}

function recordSubject(bytes: Uint8Array): Subject {
  const slots = [0, SLOT].map((at) => ({ at: at + NUMBERS.at, length: NUMBERS.length }));
  return { bytes, structures: [...slots, ...slots, { at: MAP, length: 64 }] };
}

/** A hostile record; mostly one whose checksums fit, as no crash but an attacker makes it. */
export function hostileRecord({ bytes, structures }: Subject, draw: Draw): Uint8Array {
  const hostile = mutate({ bytes, structures }, draw);
  if (hostile.length < MAP || draw(8) === 0) return hostile;
  const view = new DataView(hostile.buffer, hostile.byteOffset, hostile.length);
  for (const at of [0, SLOT]) {
    const mapBytes = view.getUint32(at + MAP_BYTES, true);
    if (MAP + mapBytes <= hostile.length) {
      view.setUint32(at + MAP_CRC, crc32c(0xffff_ffff, hostile.subarray(MAP, MAP + mapBytes)), true);
    }
    view.setUint32(at + SLOT - 4, crc32c(0xffff_ffff, hostile.subarray(at, at + SLOT - 4)), true);
  }
  return hostile;
}
