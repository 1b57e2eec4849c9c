import { say, Warnings, type World } from '@e2image/cli';

/** Damage of the file system or of its index. */
interface Finding {
  readonly code: string;
  readonly message: string;
  readonly lost?: boolean;
}

/** What was wrong with the file system: told as it comes. */
export class Findings {
  /** Whether the output lacks something that belongs in it: exit status 3. */
  isLost = false;
  readonly #warnings: Warnings;

  constructor(world: World) {
    this.#warnings = new Warnings((line) => say(world, line));
  }

  problem({ code, message, lost = false }: Finding): void {
    this.isLost ||= lost;
    this.#warnings.warn(code, message);
  }

  /** Tell what was only counted. */
  close(): void {
    this.#warnings.close();
  }
}
