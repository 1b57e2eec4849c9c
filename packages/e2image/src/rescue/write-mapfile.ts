import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { failed } from '@e2image/cli';
import { mapfileHead, mapfileLine, writeFully } from '@e2image/sparse-io';
import { type MapPart, mapOfBlocks, type RescuedBlocks } from './rescue-map.ts';

/** First line of our mapfiles. */
const COMMENT = 'Created by e2image: offsets are those of the file system';
/** How our mapfiles begin: it distinguishes them from a user's file of that name. */
export const MAPFILE_START = `# Mapfile. ${COMMENT}\n`;

/** Characters gathered for one write. */
const WRITE_UNIT = 64 * 1024;

/**
 * Writes a mapfile piece by piece, as it may have more ranges than fit in memory. The file with this name is always
 * complete: until `finish` the new one has another name.
 */
export class MapfileWriter {
  readonly #path: string;
  readonly #fd: number;

  /**
   * @param isWhole whether nothing failed
   * @throws CliError CLI_FAILED, as all of its methods
   */
  constructor(path: string, { isWhole }: { readonly isWhole: boolean }) {
    this.#path = path;
    try {
      // The name is predictable: delete what a killed run left, and do not follow a link that somebody made.
      rmSync(this.#temporary, { force: true });
      this.#fd = openSync(this.#temporary, 'wx', 0o600);
    } catch (error) {
      throw failed(error, `while writing ${path}`);
    }
    const head = { currentOffset: 0, currentStatus: isWhole ? '+' : '-', currentPass: 1 };
    this.#guarded(() => this.#write(mapfileHead(head, COMMENT)));
  }

  /** Write the next part, which begins where the previous one ended. */
  add(blocks: RescuedBlocks, part: MapPart): void {
    this.#guarded(() => {
      let text = '';
      for (const range of mapOfBlocks(blocks, part)) {
        text += mapfileLine(range);
        if (text.length < WRITE_UNIT) continue;
        this.#write(text);
        text = '';
      }
      this.#write(text);
    });
  }

  /** Make the file durable, and give it its name. */
  finish(): void {
    this.#guarded(() => fsyncSync(this.#fd));
    try {
      closeSync(this.#fd);
      renameSync(this.#temporary, this.#path);
    } catch (error) {
      rmSync(this.#temporary, { force: true });
      throw failed(error, `while writing ${this.#path}`);
    }
  }

  get #temporary(): string {
    return `${this.#path}.new`;
  }

  #write(text: string): void {
    writeFully(this.#fd, new TextEncoder().encode(text), null);
  }

  /** Do a step; after a failure nothing is left. */
  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      closeSync(this.#fd);
      rmSync(this.#temporary, { force: true });
      throw failed(error, `while writing ${this.#path}`);
    }
  }
}
