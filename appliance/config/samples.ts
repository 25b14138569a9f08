import { changeSamples } from './log-format.ts';
import type { ConditionInput, ConditionMap } from './schema/condition.ts';
import { type Read, readingsIn } from './schema/reading.ts';
import { type Document, documentSchema } from './schema.ts';
import { isList } from './translate/condition.ts';

/** A sample of the document with its place; `isKey`: the place is that of a key. */
export interface PlacedSample {
  readonly sample: string;
  readonly at: readonly (string | number)[];
  readonly isKey: boolean;
}

/** Every sample of what a document says, wherever it stands: alone, in a log format, or as the key of a condition. */
export function samplesIn(reads: readonly Read[]): readonly PlacedSample[] {
  const found: PlacedSample[] = [];
  const collect: Change = (sample, at, isKey) => {
    found.push({ sample, at, isKey });
    return sample;
  };
  for (const { reading, value, at } of reads) {
    if (reading.kind === 'sample') collect(String(value), at, false);
    else if (reading.kind === 'condition') changeCondition(value as ConditionInput, at, collect);
    else if (reading.kind === 'log-format') changeSamples(String(value), (sample) => collect(sample, at, false));
  }
  return found;
}

type Change = (sample: string, at: readonly (string | number)[], isKey: boolean) => string;

/** A document with every sample of it changed. */
export function changeEverySample(document: Document, change: Change): Document {
  const changed = new Map(
    readingsIn(documentSchema, document).flatMap(({ reading, value, at }) => {
      const place = JSON.stringify(at);
      if (reading.kind === 'sample') return [[place, change(String(value), at, false)] as const];
      if (reading.kind === 'condition') return [[place, changeCondition(value as ConditionInput, at, change)] as const];
      if (reading.kind !== 'log-format') return [];
      return [[place, changeSamples(String(value), (sample) => change(sample, at, false))] as const];
    }),
  );
  const copied = (value: unknown, at: readonly (string | number)[]): unknown => {
    const place = JSON.stringify(at);
    if (changed.has(place)) return changed.get(place);
    if (Array.isArray(value)) return value.map((item, index) => copied(item, [...at, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, copied(below, [...at, key])]));
  };
  return copied(document, []) as Document;
}

function changeCondition(input: ConditionInput, at: readonly (string | number)[], change: Change): ConditionInput {
  if (typeof input === 'string') return input;
  if (isList(input)) return input.map((part, index) => changeCondition(part, [...at, index], change));
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key === 'acl' ? key : change(key, [...at, key], true), value]),
  ) as ConditionMap;
}
