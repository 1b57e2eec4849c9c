// The configuration of the unit tests, with one file changed while it is loaded: see README.md.
import { fileURLToPath } from 'node:url';
import base from '../../jest.config.mjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const [pattern, [, options]] = Object.entries(base.transform)[0];

export default {
  ...base,
  transform: { [pattern]: [beside('transform.mjs'), options] },
  testSequencer: beside('sequencer.mjs'),
  cacheDirectory: beside('../../dist/mutants/jest-cache'),
};
