import type { Stats } from '../model/stats.ts';
import type { AclScope } from './acl-scope.ts';
import { alternatives, type Vocabulary } from './condition.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/** The statistics page of a frontend (configuration manual, 4.2 "stats uri"). */
export function statsLines(stats: Stats | null, scope: AclScope, vocabulary: Vocabulary): readonly Line[] {
  if (stats === null) return [];
  const { uri, refresh, shows, hidesVersion, userlist, admin } = stats;
  return placed(
    ['stats'],
    [
      line('stats', 'enable'),
      line('stats', 'uri', uri),
      ...(refresh === null ? [] : [line('stats', 'refresh', refresh)]),
      ...shows.map((what) => line('stats', what)),
      ...(hidesVersion ? [line('stats', 'hide-version')] : []),
      ...(userlist === null
        ? []
        : [`${line('stats', 'http-request', 'auth', 'realm', userlist, 'unless')} { http_auth(${name(userlist)}) }`]),
      ...(admin === null
        ? []
        : placed(
            ['admin'],
            // the clause of a condition that always holds is empty, and HAProxy wants one here
            scope.clauses(alternatives(admin.condition, vocabulary)).map((clause) => `${line('stats', 'admin')} ${clause || 'if TRUE'}`),
          )),
    ],
  );
}
