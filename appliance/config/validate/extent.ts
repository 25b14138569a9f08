import type { Condition } from '../../../proxy/model.ts';
import type { Problem } from '../problem.ts';
import type { ConditionInput } from '../schema/condition.ts';
import { translateCondition, translateConditions } from '../translate/condition.ts';
import { type At, type Context, problem } from './context.ts';

/** How long a condition is in HAProxy's form, which knows alternatives of samples only (`if a b or c d`): upper bounds. */
interface Extent {
  readonly alternatives: number;
  /** Samples of all alternatives, and of the longest. */
  readonly samples: number;
  readonly longest: number;
}

/** More alternatives than anybody can read; negated lists of lists double them with each further one. */
const MOST_ALTERNATIVES = 1024;

/** How many ACLs may be made of each other in a row. */
export const DEEPEST_ACL = 32;

/** Words for a condition in one line of HAProxy, which has 64 at most (MAX_LINE_ARGS). */
const MOST_WORDS = 48;

/** Verbs that must not run twice, so that their rule cannot be spread over several lines. */
const SINGLE = ['set-header', 'add-header', 'set-path'];

/** A rule's conditions. */
export interface Conditional {
  readonly if?: ConditionInput | undefined;
  readonly unless?: ConditionInput | undefined;
}

/** Makes a check that the conditions of rules can be written in HAProxy's form. ACLs that are made of themselves count nothing here. */
export function extentCheck({ document }: Context): (rules: readonly Conditional[], at: At) => readonly Problem[] {
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
  return (rules, at) =>
    rules.flatMap((rule, index) => {
      const condition = translateConditions(rule);
      if (condition === null || condition.kind === 'sample') return [];
      const { alternatives, samples, longest } = extentOf(condition, false, ofAcl);
      const isSingle = SINGLE.some((verb) => verb in rule);
      const hint = 'split the rule, or say it without negating a list of lists';
      if (alternatives > MOST_ALTERNATIVES)
        return [problem([...at, index], `the condition has more than ${MOST_ALTERNATIVES} alternatives`, hint)];
      if (longest > MOST_WORDS || (isSingle && samples + alternatives - 1 > MOST_WORDS)) {
        return [
          problem([...at, index], 'the condition is longer than a line of HAProxy', isSingle ? 'make an ACL of its alternatives' : hint),
        ];
      }
      return [];
    });
}

const ONE: Extent = { alternatives: 1, samples: 1, longest: 1 };

function extentOf(condition: Condition, isNegated: boolean, ofAcl: (name: string, isNegated: boolean) => Extent): Extent {
  switch (condition.kind) {
    case 'sample': {
      const count = condition.test.kind === 'compare' ? condition.test.all.length : 1;
      return isNegated ? { alternatives: count, samples: count, longest: 1 } : { alternatives: 1, samples: count, longest: count };
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
  return { alternatives: a.alternatives + b.alternatives, samples: a.samples + b.samples, longest: Math.max(a.longest, b.longest) };
}

function both(a: Extent, b: Extent): Extent {
  return {
    alternatives: a.alternatives * b.alternatives,
    samples: a.samples * b.alternatives + b.samples * a.alternatives,
    longest: a.longest + b.longest,
  };
}

/** Whether an ACL is one name in HAProxy too: samples of which any matches. */
function isPlain(condition: Condition): boolean {
  if (condition.kind === 'any') return condition.of.every(isPlain);
  if (condition.kind !== 'sample') return false;
  return condition.test.kind === 'compare' ? condition.test.all.length === 1 : condition.test.kind !== 'is' || condition.test.value;
}
