import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import type { DeviceSink, OpenTarget } from '../device/target.ts';

/** A device over bytes that the test can look at and change. */
export interface MemoryDevice extends OpenTarget {
  readonly bytes: Uint8Array;
  /** Sinks that were opened and not disposed. */
  readonly openSinks: number;
  /** What was done to the device, in order: `write OFFSET+LENGTH`, `sync SIZE`. */
  readonly steps: string[];
}

/** @param isBlockDevice default: a file */
export function memoryDevice(bytes: Uint8Array, { isBlockDevice = false } = {}): MemoryDevice {
  const steps: string[] = [];
  let openSinks = 0;
  const openSink = (): DeviceSink => {
    const sink = new MemorySink();
    openSinks++;
    return Object.assign(sink, {
      writeAt(written: Uint8Array, offset: number): void {
        steps.push(`write ${offset}+${written.length}`);
        bytes.set(written, offset);
      },
      zero: (offset: number, length: number): void => {
        steps.push(`write ${offset}+${length}`);
        bytes.fill(0, offset, offset + length);
      },
      sync: async (size: number): Promise<void> => void steps.push(`sync ${size}`),
      [Symbol.dispose]: (): void => void openSinks--,
    });
  };
  return {
    bytes,
    steps,
    get openSinks() {
      return openSinks;
    },
    source: memorySource(bytes),
    isBlockDevice,
    openSink,
    openMedium: () => undefined,
    [Symbol.dispose]: () => {},
  };
}
