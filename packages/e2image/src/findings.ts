import { Warnings } from '@e2image/cli';
import type { BlockRun, Problem } from '@e2image/ext-core';

/** Blocks that could not be read, ascending and disjoint, with the reason of the first. */
export interface UnreadRun extends BlockRun {
  readonly reason: string;
}

/**
 * What an imaging run found wrong with the file system: told as it comes, remembered as far as the report needs it.
 * Memory is bounded by the number of unreadable runs.
 */
export class Findings {
  readonly #print: (line: string) => void;
  readonly #warnings: Warnings;
  /** Unreadable blocks met by the walk, told at the end unless the copy met them too. */
  readonly #unreadInWalk: Problem[] = [];
  readonly #unread: UnreadRun[] = [];
  #lost = false;

  /** @param print takes one line without its end */
  constructor(print: (line: string) => void) {
    this.#print = print;
    this.#warnings = new Warnings(print);
  }

  /** Damage that the walk met. */
  problem(problem: Problem): void {
    this.#lost ||= problem.lost;
    if (problem.code === 'unreadable' && problem.block !== undefined && this.#unreadInWalk.length < 1000) {
      this.#unreadInWalk.push(problem);
      return;
    }
    this.#warnings.warn(problem.code, problem.message);
  }

  /** What hiding met: it loses nothing of the image. */
  scrambling({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#warnings.warn(code, message);
  }

  /** Blocks that the copy could not read; calls come ascending. */
  unreadable(start: number, count: number, reason: string): void {
    this.#lost = true;
    const last = this.#unread.at(-1);
    if (last !== undefined && last.start + last.count === start && last.reason === reason) {
      this.#unread[this.#unread.length - 1] = { ...last, count: last.count + count };
    } else {
      this.#unread.push({ start, count, reason });
    }
  }

  /** Tell what was held back or only counted. Call once, when the walk and the copy are over. */
  close(): void {
    const isTold = (block: number): boolean =>
      this.#unread.some((run) => block >= run.start && block < run.start + run.count);
    for (const { block = 0, message } of this.#unreadInWalk) if (!isTold(block)) this.#print(`warning: ${message}`);
    this.#warnings.close();
  }

  /** Whether the image lacks something that belongs in it: exit status 3. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Blocks that the image holds as zeros because they could not be read. */
  get unread(): readonly UnreadRun[] {
    return this.#unread;
  }
}
