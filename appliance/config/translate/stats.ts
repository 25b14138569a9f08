import type { Stats } from '../../../proxy/model/stats.ts';
import type { Document } from '../schema.ts';
import { translateConditions } from './condition.ts';

const PARTS = ['show-legends', 'show-node', 'show-modules'] as const;

/** The statistics page in long form; null: none. */
export function translateStats(input: Document['frontends'][string]['stats']): Stats | null {
  if (input === undefined) return null;
  const { uri, refresh = null, 'hide-version': hidesVersion, auth = null, admin } = input;
  return {
    uri,
    refresh,
    shows: PARTS.filter((part) => input[part]),
    hidesVersion,
    userlist: auth,
    admin: admin === undefined ? null : { condition: admin === true ? null : translateConditions(admin) },
  };
}
