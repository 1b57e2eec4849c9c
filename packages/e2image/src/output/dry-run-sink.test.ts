import { dryRunSink } from './dry-run-sink.ts';

test('names each block that would be written, counted from where the image begins', () => {
  const texts: string[] = [];
  const sink = dryRunSink({ blockSize: 1024, targetOffset: 4096, print: (text) => void texts.push(text) });
  sink.writeAt(new Uint8Array(2048), 4096 + 3072);
  sink.zero(4096, 1024);
  sink.skip(0, 99_999);
  expect(texts.join('')).toBe('Writing block 3\nWriting block 4\nWriting block 0\n');
});
