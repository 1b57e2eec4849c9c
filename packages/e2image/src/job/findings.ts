import { Warnings } from '@e2image/cli';
import type { Problem } from '@e2image/ext-core';
import { UnreadBlocks } from '../rescue/unread-blocks.ts';

/**
 * What an imaging run found wrong with the file system: printed at once, and kept as far as the final report needs it.
 * Memory is bounded, however much is wrong.
 */
export class Findings {
  readonly #print: (line: string) => void;
  readonly #warnings: Warnings;
  /** Unreadable blocks of the walk: printed at the end, unless the copy finds them unreadable too. */
  readonly #unreadInWalk: Problem[] = [];
  /** Blocks that the image holds as zeros because they could not be read. */
  readonly unread = new UnreadBlocks();
  #isIncomplete = false;

  /** @param print takes one line without a newline */
  constructor(print: (line: string) => void) {
    this.#print = print;
    this.#warnings = new Warnings(print);
  }

  /** Add damage that the walk found. */
  problem(problem: Problem): void {
    this.#isIncomplete ||= problem.lost;
    if (problem.code === 'unreadable' && problem.block !== undefined && this.#unreadInWalk.length < 1000) {
      this.#unreadInWalk.push(problem);
      return;
    }
    this.#warnings.warn(problem);
  }

  /** Add damage that scrambling found: nothing is missing in the image for it. */
  scrambling({ code, message }: { readonly code: string; readonly message: string }): void {
    this.#warnings.warn({ code, message });
  }

  /** Add blocks that the copy could not read; calls come ascending. */
  unreadable(start: number, count: number, reason: string): void {
    this.#isIncomplete = true;
    this.unread.add(start, count, reason);
  }

  /** Print what was held back or only counted. Call it once, when the walk and the copy are over. */
  close(): void {
    const { blocks } = this.unread;
    for (const { block = 0, message } of this.#unreadInWalk) if (!blocks.has(block)) this.#print(`warning: ${message}`);
    this.#warnings.close();
  }

  /** Whether something that belongs in the image is missing: exit status 3. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }
}
