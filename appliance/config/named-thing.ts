import { argumentsOf, type SamplePart } from './sample.ts';

/** What a sample may name, and the position of the name among its arguments. */
interface NamePlace {
  readonly kind: 'stick-tables' | 'backends' | 'frontends' | 'servers' | 'userlists';
  readonly position: number;
  readonly isOptional: boolean;
}

/** A thing that a part of a sample names; `name` null: it must be named, and is not. */
export interface NamedThing {
  readonly kind: NamePlace['kind'];
  readonly name: string | null;
}

/** What a part names of the document; null: nothing. */
export function namedThing(part: SamplePart, isFetch: boolean): NamedThing | null {
  const place = isFetch ? placeInFetch(part.word) : placeInConverter(part.word);
  if (place === null) return null;
  const name = argumentsOf(part)[place.position];
  if (name !== undefined && name !== '') return { kind: place.kind, name };
  return place.isOptional ? null : { kind: place.kind, name: null };
}

/** Counters and tags of which there are arrays: their number stands before the table. */
const ARRAYED = /_(?:gpc|gpt)(?:_rate)?$/;

/** Where a fetch names something, as `haproxy -dKsmp` of version 3.0.11 lists its arguments (a container test compares). */
export function placeInFetch(word: string): NamePlace | null {
  const before = ARRAYED.test(word) ? 1 : 0;
  if (/^sc[0-2]?_/.test(word)) return { kind: 'stick-tables', position: before + (word.startsWith('sc_') ? 1 : 0), isOptional: true };
  if (/^src_(?!is_local$|port$)/.test(word)) return { kind: 'stick-tables', position: before, isOptional: false };
  if (/^table_/.test(word)) return { kind: 'stick-tables', position: 0, isOptional: false };
  if (['avg_queue', 'be_conn', 'be_conn_free', 'be_sess_rate', 'connslots', 'nbsrv', 'queue'].includes(word))
    return { kind: 'backends', position: 0, isOptional: true };
  if (['fe_conn', 'fe_req_rate', 'fe_sess_rate'].includes(word)) return { kind: 'frontends', position: 0, isOptional: true };
  if (/^srv_(?!id$|name$)/.test(word)) return { kind: 'servers', position: 0, isOptional: false };
  if (['http_auth', 'http_auth_group'].includes(word)) return { kind: 'userlists', position: 0, isOptional: false };
  return null;
}

/** Where a converter names something, as `haproxy -dKcnv` lists its arguments. */
export function placeInConverter(word: string): NamePlace | null {
  if (word !== 'in_table' && !word.startsWith('table_')) return null;
  return { kind: 'stick-tables', position: ARRAYED.test(word) ? 1 : 0, isOptional: false };
}
