import { Warnings } from '@e2image/cli';
import type { Problem } from '@e2image/ext-core';
import { UnreadBlocks } from '../rescue/unread-blocks.ts';

/**
 * What an imaging run found wrong with the file system: told as it comes, remembered as far as the report needs it.
 * Memory is bounded, whatever is wrong.
 */
export class Findings {
  readonly #print: (line: string) => void;
  readonly #warnings: Warnings;
  /** Unreadable blocks met by the walk, told at the end unless the copy met them too. */
  readonly #unreadInWalk: Problem[] = [];
  /** Blocks that the image holds as zeros because they could not be read. */
  readonly unread = new UnreadBlocks();
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
    this.unread.add(start, count, reason);
  }

  /** Tell what was held back or only counted. Call once, when the walk and the copy are over. */
  close(): void {
    const told = this.unread.blocks;
    for (const { block = 0, message } of this.#unreadInWalk) if (!told.has(block)) this.#print(`warning: ${message}`);
    this.#warnings.close();
  }

  /** Whether the image lacks something that belongs in it: exit status 3. */
  get lost(): boolean {
    return this.#lost;
  }
}
