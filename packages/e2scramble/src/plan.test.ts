import { planScramble, type ScrambleRequest } from './plan.ts';

const REQUEST: ScrambleRequest = {
  operands: ['in', 'out'],
  format: undefined,
  index: undefined,
  keyFile: undefined,
  isProgressWanted: false,
  isForced: false,
};
describe('planScramble', () => {
  test('makes boundaries anew and keeps the format unless told otherwise', () => {
    expect(planScramble(REQUEST)).toMatchObject({ image: 'in', out: 'out', index: 'fresh', format: undefined });
    expect(planScramble({ ...REQUEST, index: 'keep', format: 'qcow2' })).toMatchObject({
      index: 'keep',
      format: 'qcow2',
    });
  });

  test.each([
    ['one operand', { operands: ['in'] }],
    ['three operands', { operands: ['a', 'b', 'c'] }],
    ['an unknown format', { format: 'vmdk' }],
    ['an unknown form of index', { index: 'old' }],
  ])('refuses %s', (_name, wrong) => {
    expect(() => planScramble({ ...REQUEST, ...wrong })).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test('refuses to write over its input', () => {
    expect(() => planScramble({ ...REQUEST, operands: [__filename, __filename] })).toThrow(
      expect.objectContaining({ code: 'CLI_REFUSED' }),
    );
  });
});
