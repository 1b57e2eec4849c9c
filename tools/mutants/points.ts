import { parseSync } from '@swc/core';

/** One change of a source file: the characters from `start` to `end` become one of `variants`. */
export interface MutationPoint {
  /** First character, from the start of the file. */
  readonly start: number;
  /** The character after the last one. */
  readonly end: number;
  readonly original: string;
  /** At least one. */
  readonly variants: readonly string[];
}

/** A node of the syntax tree of SWC, as far as this file needs it. */
type Node = { readonly [key: string]: unknown };

/** What each binary operator becomes. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '&&': ['||'],
  '||': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '|=': ['&='],
  '&=': ['|='],
  '^=': ['|='],
};

/** Types, imports and texts for people: no unit test promises anything about them. */
const LEFT_OUT = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'TemplateLiteral']);

/** Expressions of TypeScript that hold an expression of JavaScript. */
const HOLDERS = new Set(['TsAsExpression', 'TsConstAssertion', 'TsNonNullExpression', 'TsSatisfiesExpression']);

/** A statement before the source. It shows where the source begins in SWC's numbering, which continues from file to file. */
const MARK = '0;';

/** A point in SWC's numbering, which counts bytes. */
interface Change {
  readonly start: number;
  readonly end: number;
  readonly variants: readonly string[];
}

/** The source between two positions in SWC's numbering. */
type TextBetween = (start: number, end: number) => string;

/**
 * Find the points of a TypeScript source where a small change should make a unit test fail: operators, conditions,
 * booleans, numbers, negations, early exits and calls whose result is not used.
 *
 * @returns sorted by position
 */
export function mutationPoints(source: string): MutationPoint[] {
  const { body } = parseSync(MARK + source, { syntax: 'typescript', target: 'es2022' });
  const base = (body[0]?.span.start ?? 0) + MARK.length;
  const bytes = new TextEncoder().encode(source);
  const decoder = new TextDecoder();
  const textBetween: TextBetween = (start, end) => decoder.decode(bytes.subarray(start - base, end - base));
  const points: MutationPoint[] = [];
  for (const node of runningNodes(body.slice(1))) {
    for (const { start, end, variants } of changesOf(node, textBetween)) {
      const original = textBetween(start, end);
      const different = variants.filter((variant) => variant !== original);
      const from = textBetween(base, start).length;
      if (different.length > 0) {
        points.push({ start: from, end: from + original.length, original, variants: different });
      }
    }
  }
  return points.sort((left, right) => left.start - right.start || left.end - right.end);
}

/** Every node that runs, the outer one before the inner ones. */
function* runningNodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const element of value) yield* runningNodes(element);
  } else if (isNode(value)) {
    const type = String(value['type'] ?? '');
    if (HOLDERS.has(type)) yield* runningNodes(value['expression']);
    else if (!type.startsWith('Ts') && !LEFT_OUT.has(type) && !isNewError(value)) {
      yield value;
      for (const [key, child] of Object.entries(value)) if (key !== 'span') yield* runningNodes(child);
    }
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** `new ExtError(...)`: code, message and detail of an error. */
const isNewError = ({ type, callee }: Node): boolean =>
  type === 'NewExpression' && isNode(callee) && /Error$/.test(String(callee['value'] ?? ''));

/** Positions of a node in SWC's numbering. */
function spanOf(node: unknown): { start: number; end: number } {
  const span = isNode(node) ? node['span'] : undefined;
  return isNode(span) ? { start: Number(span['start']), end: Number(span['end']) } : { start: 0, end: 0 };
}

function changesOf(node: Node, textBetween: TextBetween): Change[] {
  const { start, end } = spanOf(node);
  const replaced = (...variants: string[]): Change[] => [{ start, end, variants }];
  switch (node['type']) {
    case 'BinaryExpression':
    case 'AssignmentExpression':
      return operatorChanges(node, textBetween);
    case 'BooleanLiteral':
      return replaced(node['value'] === true ? 'false' : 'true');
    case 'NumericLiteral':
      return replaced(...numberVariants(Number(node['value'])));
    case 'UnaryExpression':
      if (!['!', '-', '~'].includes(String(node['operator']))) return [];
      return replaced(textBetween(spanOf(node['argument']).start, end));
    case 'IfStatement':
    case 'ConditionalExpression':
      return conditionChanges(node['test'], ['true', 'false']);
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
      return conditionChanges(node['test'], ['false']);
    case 'ContinueStatement':
    case 'BreakStatement':
      return replaced('{}');
    case 'ReturnStatement':
      return isNode(node['argument']) ? [] : replaced('{}');
    case 'ExpressionStatement':
      return isCall(node['expression']) ? replaced('{}') : [];
    default:
      return [];
  }
}

/** One more, or nothing; instead of nothing: one. */
const numberVariants = (value: number): string[] => (value === 0 ? ['1'] : [`${value + 1}`, '0']);

/** A condition that is a boolean literal is a point already. */
function conditionChanges(test: unknown, variants: readonly string[]): Change[] {
  return isNode(test) && test['type'] !== 'BooleanLiteral' ? [{ ...spanOf(test), variants }] : [];
}

/** A call, also one that is awaited; not the constructor of the base class. */
function isCall(expression: unknown): boolean {
  if (!isNode(expression)) return false;
  if (expression['type'] === 'AwaitExpression') return isCall(expression['argument']);
  const callee = expression['callee'];
  return expression['type'] === 'CallExpression' && isNode(callee) && callee['type'] !== 'Super';
}

/** The operator between two operands; not a `+` that joins texts. */
function operatorChanges({ operator, left, right }: Node, textBetween: TextBetween): Change[] {
  const name = String(operator);
  const variants = OPERATORS[name];
  if (variants === undefined || [left, right].some(isText)) return [];
  const from = spanOf(left).end;
  // Between the operands are spaces, brackets and, seldom, a comment that might hold the operator as well.
  const between = textBetween(from, spanOf(right).start);
  const at = between.indexOf(name);
  if (at < 0 || between.includes('//') || between.includes('/*')) return [];
  return [{ start: from + at, end: from + at + name.length, variants }];
}

const isText = (node: unknown): boolean =>
  isNode(node) && (node['type'] === 'StringLiteral' || node['type'] === 'TemplateLiteral');
