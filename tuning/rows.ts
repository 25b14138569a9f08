import { nicGroups } from './nic-rows.ts';
import type { Sysctl } from './sysctl/entry.ts';
import { groups, isCovered, sysctlPath } from './sysctl.ts';

/** What weir knows of one kind of value, whatever the machine: a row of the table in README.md, and what an explanation adds to a knob. */
export interface Row {
  /** As people name it: `net.core.somaxconn`, `channels`. */
  readonly title: string;
  /** The value or the formula in words, and when. */
  readonly formula: string;
  /** `at least`, `at most`, `exactly`; `left` where nothing is set but by the document. */
  readonly rule: string;
  readonly why: string;
  /** Null: what its knobs say. */
  readonly source: string | null;
  /** What the kernel or a driver starts with, and what is to know about versions of them. */
  readonly usual: string;
  readonly risk: string;
  /** Whom the value belongs to: a container has its own, or its host's. */
  readonly scope: 'network' | 'host';
  readonly covers: (path: string) => boolean;
}

/** Rows that belong together. */
export interface RowGroup {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** A rule as people say it. */
export const ruleWords = { 'at-least': 'at least', 'at-most': 'at most', exactly: 'exactly' } as const;

/** The sysctls and other kernel values of the whole machine. */
export const sysctlGroups: readonly RowGroup[] = groups.map(({ title, entries }) => ({ title, rows: entries.map(rowOfEntry) }));

/** All rows: of the machine, and of its NICs. */
export const rowGroups: readonly RowGroup[] = [...sysctlGroups, ...nicGroups];

/** The row of a path or key; null for what weir does not know. */
export function rowOf(path: string): Row | null {
  return rowGroups.flatMap(({ rows }) => rows).find(({ covers }) => covers(path)) ?? null;
}

function rowOfEntry({ name, formula, rule, why, source, usual, risk, scope }: Sysctl): Row {
  const isLeft = formula.startsWith('left');
  return {
    title: name,
    formula,
    rule: isLeft ? 'left' : ruleWords[rule],
    why,
    source,
    usual,
    risk,
    scope,
    covers: (path) => isCovered(path, sysctlPath(name)),
  };
}
