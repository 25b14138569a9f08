import type { Condition } from '../../../proxy/model.ts';
import type { Problem } from '../problem.ts';
import type { ConditionInput } from '../schema/condition.ts';
import { translateCondition, translateConditions } from '../translate/condition.ts';
import { type At, type Context, problem } from './context.ts';

/** How long a condition is in HAProxy's form, which knows alternatives of samples only (`if a b or c d`): upper bounds. */
interface Extent {
  readonly alternatives: number;
  /** Samples of the longest alternative. */
  readonly longest: number;
}

/** More alternatives than anybody can read. */
const MOST_ALTERNATIVES = 1024;

/** More than the renderer multiplies: a negated list of maps has as many times more alternatives with each further map. */
const MOST_MULTIPLIED = 256;

/** How many ACLs may be made of each other in a row. */
export const DEEPEST_ACL = 32;

/** Words for a condition in one line of HAProxy, which has 64 at most (MAX_LINE_ARGS). */
const MOST_WORDS = 48;

/** A rule's conditions. */
export interface Conditional {
  readonly if?: ConditionInput | undefined;
  readonly unless?: ConditionInput | undefined;
}

/** Says whether conditions can be written in HAProxy's form, in one line of it or in as many as they need. */
export type ExtentCheck = (rule: Conditional, at: At, isOneLine?: boolean) => readonly Problem[];

/** Makes a check that the conditions of a rule can be written in HAProxy's form. ACLs that are made of themselves count nothing here. */
export function extentCheck({ document }: Context): ExtentCheck {
  const known = new Map<string, Extent>();
  let depth = 0;
  const ofAcl = (name: string, isNegated: boolean): Extent => {
    const key = `${isNegated} ${name}`;
    const measured = known.get(key);
    if (measured !== undefined || depth > DEEPEST_ACL) return measured ?? ONE;
    known.set(key, ONE);
    const input = Object.hasOwn(document.acls, name) ? document.acls[name] : undefined;
    const condition = input === undefined ? null : translateCondition(input);
    depth++;
    const extent = condition === null || isPlain(condition) ? ONE : extentOf(condition, isNegated, ofAcl);
    depth--;
    known.set(key, extent);
    return extent;
  };
  return (rule, at, isOneLine = false) => {
    const condition = translateConditions(rule);
    if (condition === null || condition.kind === 'sample') return [];
    const { alternatives, longest } = extentOf(condition, false, ofAcl);
    const hint = 'split the rule, or say it without negating a list of lists';
    if (alternatives > MOST_ALTERNATIVES)
      return [
        problem(
          at,
          `the condition has more than ${alternatives === Number.POSITIVE_INFINITY ? MOST_MULTIPLIED : MOST_ALTERNATIVES} alternatives`,
          hint,
        ),
      ];
    // an `or` stands between alternatives
    const words = isOneLine ? alternatives * (longest + 1) - 1 : longest;
    return words > MOST_WORDS ? [problem(at, 'the condition is longer than a line of HAProxy', hint)] : [];
  };
}

const ONE: Extent = { alternatives: 1, longest: 1 };

function extentOf(condition: Condition, isNegated: boolean, ofAcl: (name: string, isNegated: boolean) => Extent): Extent {
  switch (condition.kind) {
    case 'sample': {
      const count = condition.test.kind === 'compare' ? condition.test.all.length : 1;
      return isNegated ? { alternatives: count, longest: 1 } : { alternatives: 1, longest: count };
    }
    case 'acl':
      return ofAcl(condition.acl, isNegated);
    case 'not':
      return extentOf(condition.of, !isNegated, ofAcl);
    case 'all':
    case 'any': {
      const parts = condition.of.map((part) => extentOf(part, isNegated, ofAcl));
      return (condition.kind === 'any') === isNegated ? parts.reduce(both) : parts.reduce(either);
    }
  }
}

function either(a: Extent, b: Extent): Extent {
  return { alternatives: a.alternatives + b.alternatives, longest: Math.max(a.longest, b.longest) };
}

function both(a: Extent, b: Extent): Extent {
  const alternatives = a.alternatives * b.alternatives;
  return { alternatives: alternatives > MOST_MULTIPLIED ? Number.POSITIVE_INFINITY : alternatives, longest: a.longest + b.longest };
}

/** Whether an ACL is one name in HAProxy too: samples of which any matches. */
function isPlain(condition: Condition): boolean {
  if (condition.kind === 'any') return condition.of.every(isPlain);
  if (condition.kind !== 'sample') return false;
  const { test } = condition;
  return test.kind === 'compare' ? test.all.length === 1 : (test.kind !== 'is' && test.kind !== 'found') || test.value;
}
