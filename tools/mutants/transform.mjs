// @swc/jest, but the file that the variable MUTANT names has some of its characters replaced. Plain JavaScript, because
// jest loads it without a transformer.
import swc from '@swc/jest';

const mutant = JSON.parse(process.env.MUTANT ?? '{}');

const mutated = (source, path) =>
  path === mutant.path ? source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end) : source;

export const createTransformer = (options) => {
  const inner = swc.createTransformer(options);
  return {
    canInstrument: inner.canInstrument,
    process: (source, path, ...rest) => inner.process(mutated(source, path), path, ...rest),
    // jest keeps what was transformed: the key is that of the changed text.
    getCacheKey: (source, path, ...rest) => inner.getCacheKey(mutated(source, path), path, ...rest),
  };
};

export default { createTransformer };
