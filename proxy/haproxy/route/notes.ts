import type { Rule } from '../../model/action.ts';
import type { Condition } from '../../model.ts';
import type { Place } from '../line.ts';
import { partsOf, partText } from './condition-text.ts';

/**
 * Something whose truth HAProxy notes while it works: that a rule's condition holds, that a part of it does, that a list of rules is begun, that there
 * is what a backend chooses its server by, or that a backend was chosen that has the name of its frontend.
 */
export interface Mark {
  readonly at: Place;
  readonly of: 'list' | 'rule' | 'part' | 'key' | 'backend';
  /** The part, in the document's words. */
  readonly text: string | null;
  /** Whether nothing behind the rule in its list is looked at once it holds. */
  readonly isFinal: boolean;
}

/** The variable that has the numbers of the marks that held, in their order. It lives as long as the connection, so that every ruleset can write it. */
export const traceVariable = 'sess.weir.trace';

/** What is noted in one data plane. */
export interface Notes {
  readonly marks: readonly Mark[];
  readonly origins: Map<string, Place>;
  /** A rule that notes that something holds. */
  readonly note: (mark: Mark, condition: Condition | null) => Rule;
  /** Notes for a condition: of its parts, where it has several, and of all of it. */
  readonly notes: (at: Place, condition: Condition | null, isFinal: boolean) => readonly Rule[];
  /** The name of a variable that no other list uses. */
  readonly variable: () => string;
}

/** An empty set of notes. */
export function takeNotes(): Notes {
  const marks: Mark[] = [];
  let lists = 0;
  const note = (mark: Mark, condition: Condition | null): Rule => {
    const number = marks.push(mark) - 1;
    return { action: { kind: 'set-var-fmt', formats: { [traceVariable]: `%[var(${traceVariable})] ${number}` } }, condition };
  };
  return {
    marks,
    origins: new Map(),
    note,
    notes: (at, condition, isFinal) => {
      const parts = partsOf(condition);
      const [first] = parts;
      const text = parts.length === 1 && first !== undefined ? partText(first) : null;
      return [
        ...(parts.length > 1 ? parts.map((part) => note({ at, of: 'part', text: partText(part), isFinal: false }, part)) : []),
        note({ at, of: 'rule', text, isFinal }, condition),
      ];
    },
    variable: () => {
      lists += 1;
      return `sess.weir.done_${lists}`;
    },
  };
}
