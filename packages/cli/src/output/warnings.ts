/** Lines of one kind that are printed before the rest is only counted: a hostile file system can have millions. */
const MAX_LINES = 20;

/** What a library found wrong, as its `onProblem` reports it. */
interface Warning {
  /** The kind. */
  readonly code: string;
  readonly message: string;
  /** Whether something is missing in the output because of it. Default false. */
  readonly lost?: boolean;
}

/** Warnings of many kinds, printed at once; when there are very many of one kind, only the first ones. */
export class Warnings {
  readonly #print: (line: string) => void;
  readonly #counts = new Map<string, number>();
  #isIncomplete = false;

  /** @param print takes one line without a newline */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Whether something is missing in the output: exit status 3. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }

  warn({ code, message, lost = false }: Warning): void {
    this.#isIncomplete ||= lost;
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MAX_LINES) this.#print(`warning: ${message}`);
  }

  /** Print how many were only counted. */
  close(): void {
    for (const [code, count] of this.#counts) {
      if (count > MAX_LINES) this.#print(`warning: ${count - MAX_LINES} more of this kind (${code})`);
    }
  }
}
