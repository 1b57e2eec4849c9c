/** Lines told of one kind before the rest is only counted: a hostile file system can have millions. */
const MAX_LINES = 20;

/** Warnings of many kinds, told as they come; of a flood of one kind only the first ones. */
export class Warnings {
  readonly #print: (line: string) => void;
  readonly #counts = new Map<string, number>();

  /** @param print takes one line without its end */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** @param code names the kind */
  warn(code: string, message: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MAX_LINES) this.#print(`warning: ${message}`);
  }

  /** Tell how many were only counted. */
  close(): void {
    for (const [code, count] of this.#counts) {
      if (count > MAX_LINES) this.#print(`warning: ${count - MAX_LINES} more of this kind (${code})`);
    }
  }
}
