import {
  COMMON_OPTIONS,
  type Command,
  type CommandTable,
  commandMain,
  EXIT,
  type Parsed,
  printable,
  VERSION,
  type World,
} from '@e2image/cli';
import type { MapExtent } from '@e2image/qcow2';
import { CHAIN_OPTIONS, SPOOL_OPTION } from './chain-options.ts';
import { OUTPUT_OPTIONS, wantsJson } from './json-output.ts';
import { oneImage } from './one-image.ts';
import { type ImageRules, type OpenedImage, openImage } from './open-image.ts';

const TABLE = {
  summary: 'Show where the bytes of the disk are: in which file of the chain, and where in it.',
  usage: ['[ --json ] image'],
  options: { ...OUTPUT_OPTIONS, ...CHAIN_OPTIONS, ...SPOOL_OPTION, ...COMMON_OPTIONS },
} as const satisfies CommandTable;

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: VERSION,
  run: (parsed, world) => showMap(planMap(parsed), world),
};

/** `qcow2 map`. @returns the exit status */
export const map = commandMain(COMMAND);

interface MapPlan {
  readonly path: string;
  readonly isJson: boolean;
  readonly rules: ImageRules;
}

const planMap = (parsed: Parsed<typeof TABLE>): MapPlan => ({
  path: oneImage(parsed),
  isJson: wantsJson(parsed),
  rules: {
    follow: 'chain',
    isAnywhere: parsed.flag('anywhere'),
    isProbing: parsed.flag('probe'),
    spoolFolder: parsed.value('spool'),
  },
});

async function showMap({ path, isJson, rules }: MapPlan, world: World): Promise<number> {
  const opened = await openImage(path, rules);
  try {
    if (isJson) writeJson(opened, world);
    else writeTable(opened, world);
    return EXIT.done;
  } finally {
    opened.close();
  }
}

/** Lines that are written at once: a map can have millions. */
const LINES = 512;

function writeLines(lines: Iterable<string>, world: World): void {
  let waiting: string[] = [];
  for (const line of lines) {
    waiting.push(line);
    if (waiting.length < LINES) continue;
    world.stdout(waiting.join(''));
    waiting = [];
  }
  if (waiting.length > 0) world.stdout(waiting.join(''));
}

function writeJson({ image }: OpenedImage, world: World): void {
  writeLines(jsonLines(image.extents()), world);
}

/** One object per line, as qemu-img prints it; `compressed` since its version 8.2. */
function* jsonLines(extents: Iterable<MapExtent>): Generator<string> {
  let before = '[';
  for (const { offset, length, depth, present, zero, data, compressed, hostOffset } of extents) {
    const place = hostOffset === undefined ? '' : `, "offset": ${hostOffset}`;
    yield `${before}{ "start": ${offset}, "length": ${length}, "depth": ${depth}, "present": ${present}, "zero": ${zero}, ` +
      `"data": ${data}, "compressed": ${compressed}${place}}`;
    before = ',\n';
  }
  yield before === '[' ? '[]\n' : ']\n';
}

function writeTable(opened: OpenedImage, world: World): void {
  world.stdout(row('Offset', 'Length', 'Mapped to', 'File'));
  writeLines(tableLines(opened), world);
}

/** The runs that contain data, in hexadecimal as qemu-img prints them. */
function* tableLines({ image, names }: OpenedImage): Generator<string> {
  for (const { offset, length, depth, data, hostOffset } of image.extents()) {
    if (!data) continue;
    const place = hostOffset === undefined ? 'compressed' : hex(hostOffset);
    const file = (hostOffset === undefined ? undefined : names.data.get(depth)) ?? names.chain[depth] ?? '';
    yield row(hex(offset), hex(length), place, printable(file));
  }
}

function row(offset: string, length: string, place: string, file: string): string {
  return `${offset.padEnd(16)}${length.padEnd(16)}${place.padEnd(16)}${file}\n`;
}

function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}
