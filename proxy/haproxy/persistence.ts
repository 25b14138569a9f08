import type { Backend, Condition, Cookie } from '../model.ts';
import type { AclScope } from './acl-scope.ts';
import { alternatives, type Vocabulary } from './condition.ts';
import { type Line, placed } from './line.ts';
import { line, tableName } from './quote.ts';

/** The cookie that names a client's server. */
export function cookieLines(cookie: Cookie | null): readonly string[] {
  if (cookie === null) return [];
  const { name: called, words, maxidle, maxlife, domains, attributes, keyFile, key } = cookie;
  const option = (key: string, values: readonly (string | null)[]) => values.flatMap((value) => (value === null ? [] : [key, value]));
  return [
    line(
      'cookie',
      called,
      ...words,
      ...option('maxidle', [maxidle]),
      ...option('maxlife', [maxlife]),
      ...option('domain', domains),
      ...option('attr', attributes),
    ),
    ...(keyFile === null ? [] : [line('dynamic-cookie-key', key ?? 'unknown')]),
  ];
}

/** What keeps clients at their servers besides a cookie, and what does not: stick rules, RDP, exceptions. */
export function persistenceLines(
  { stick, persistRdpCookie, forcePersist, ignorePersist }: Backend,
  scope: AclScope,
  vocabulary: Vocabulary,
): readonly Line[] {
  const conditional = (text: string, condition: Condition | null) =>
    scope.clauses(alternatives(condition, vocabulary)).map((clause) => `${text} ${clause}`.trimEnd());
  const rdp = persistRdpCookie === '' ? 'rdp-cookie' : `rdp-cookie(${persistRdpCookie})`;
  return [
    ...(persistRdpCookie === null ? [] : placed(['persist'], [line('persist', rdp)])),
    ...forcePersist.flatMap((condition, index) => placed(['force-persist', index], conditional(line('force-persist'), condition))),
    ...ignorePersist.flatMap((condition, index) => placed(['ignore-persist', index], conditional(line('ignore-persist'), condition))),
    ...stick.flatMap(({ kind, sample, table, condition }, index) =>
      placed(['stick', index], conditional(line('stick', kind, sample, 'table', tableName(table)), condition)),
    ),
  ];
}
