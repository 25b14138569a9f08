import type { Directive } from './source.ts';

/** A value of a document: what YAML and JSON can say. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A map of a document while it is made. */
export type Draft = { [key: string]: Plain | Draft };

/**
 * What became of a line: an option of the document; a raw line below `extra`; what the appliance decides itself; a line that says nothing to HAProxy 3.0
 * any more, or nothing where it stands; or nothing.
 */
export type Fate = 'option' | 'raw' | 'own' | 'needless' | 'dropped';

/** A line of haproxy.cfg and what became of it; `reason` says why it is no option, or what to see to. */
export interface Outcome {
  readonly line: number;
  readonly text: string;
  readonly fate: Fate;
  readonly reason: string | null;
  /** The first line of the block of keepalived.conf whose fate and reason it shares. */
  readonly within?: number;
}

/** A file that a directive names: where it was, and the folder and name beside the document under which it is looked for. */
export interface FileCopy {
  readonly from: string;
  readonly to: string;
  readonly note: string | null;
}

/** Where in the document a line went: the path that problems of the document name. */
export interface Place {
  readonly at: readonly (string | number)[];
  readonly line: number;
}

/** Why something stays raw. */
export interface Raw {
  readonly raw: string;
}

/** Narrows what a reader made to the reason why it made nothing. */
export function isRaw(made: unknown): made is Raw {
  return typeof made === 'object' && made !== null && 'raw' in made && Object.keys(made).length === 1;
}

/** Whether a text in a value has a control character, which no document holds. */
export function hasControl(value: Plain | Draft): boolean {
  if (typeof value === 'string') return /\p{Cc}/u.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some((each) => hasControl(each));
}

/** Why a line is to stay raw whatever it could become, because the document refused the option; null: it was not refused. */
export type Refusal = (line: number) => string | null;

const WEIGHT: readonly Fate[] = ['needless', 'own', 'option', 'dropped', 'raw'];

/** Remarks as one reason; undefined: there are none. */
export const told = (notes: readonly string[]): string | undefined => (notes.length === 0 ? undefined : notes.join('; '));

/** Keeps account of each line: none is lost. A line that counts in several sections (of `defaults`) has the worst fate of all. */
export interface Ledger {
  readonly became: (directive: Directive, at: Place['at'], reason?: string) => void;
  readonly fate: (directive: Directive, fate: Fate, reason: string | null) => void;
  readonly copy: (from: string, folder: string, name: string, note?: string) => void;
  readonly outcomes: () => readonly Outcome[];
  readonly copies: () => readonly FileCopy[];
  readonly places: readonly Place[];
}

/** Passwords are for nobody's eyes, where a line is told. */
const withoutSecrets = (text: string): string =>
  text.replace(/\b(insecure-password)\s+\S+/g, '$1 [secret]').replace(/^(stats\s+auth\s+[^\s:]*:).*$/, '$1[secret]');

/** A new account. */
export function ledger(): Ledger {
  const outcomes = new Map<number, Outcome>();
  const copies = new Map<string, FileCopy>();
  const places: Place[] = [];
  const fate: Ledger['fate'] = ({ line, text: written }, said, reason) => {
    const text = withoutSecrets(written);
    const known = outcomes.get(line);
    const isWorse = known === undefined || WEIGHT.indexOf(said) > WEIGHT.indexOf(known.fate);
    if (isWorse) outcomes.set(line, { line, text, fate: said, reason });
    else if (known.fate === said && known.reason === null) outcomes.set(line, { ...known, reason });
  };
  return {
    fate,
    became: (directive, at, reason) => {
      places.push({ at, line: directive.line });
      fate(directive, 'option', reason ?? null);
    },
    copy: (from, folder, name, note) => {
      const to = `${folder}/${name}`;
      copies.set(to, { from, to, note: note ?? null });
    },
    outcomes: () => [...outcomes.values()].sort((a, b) => a.line - b.line),
    copies: () => [...copies.values()],
    places,
  };
}
