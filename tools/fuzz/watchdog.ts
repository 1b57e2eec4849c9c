import { Worker } from 'node:worker_threads';

/** Runs in a thread of its own, so that it looks on while the other one is caught in a loop. */
const LOOK = `
const { workerData } = require('node:worker_threads');
const cell = new Int32Array(workerData.cell);
let last = -1, since = Date.now();
setInterval(() => {
  const now = Atomics.load(cell, 0);
  if (now !== last) { last = now; since = Date.now(); return; }
  if (now === 0 || Date.now() - since < workerData.patience) return;
  require('node:fs').writeSync(2, 'case ' + now + ' hangs\\n');
  process.kill(process.pid, 'SIGKILL');
}, 500);
`;

/** Ends the process when one case takes much too long: nothing else can, for the commands work synchronously. */
export class Watchdog implements Disposable {
  readonly #cell = new SharedArrayBuffer(4);
  readonly #worker: Worker;

  /** @param patience milliseconds */
  constructor(patience: number) {
    this.#worker = new Worker(LOOK, { eval: true, workerData: { cell: this.#cell, patience } });
    this.#worker.unref();
  }

  /** @param number of the case that begins, above 0; 0: none is under way */
  watch(number: number): void {
    Atomics.store(new Int32Array(this.#cell), 0, number);
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }
}
