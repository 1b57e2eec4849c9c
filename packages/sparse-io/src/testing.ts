// biome-ignore lint/performance/noBarrelFile: "./testing" is a published entry, as index.ts is
export { memorySource } from './base/memory-source.ts';
export { type Faults, faultySink, faultySource, injectedError, type SinkFaults } from './testing/faults.ts';
export { MemorySink, type SinkCall } from './testing/memory-sink.ts';
export { tempFolder } from './testing/temp-folder.ts';
