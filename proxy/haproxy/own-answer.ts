import type { Answers, HttpErrors, Maintenance, Monitor } from '../model/own-answer.ts';
import type { Condition } from '../model.ts';
import type { AclScope } from './acl-scope.ts';
import { answerWords } from './action.ts';
import { alternatives, type Vocabulary } from './condition.ts';
import { type Line, placed } from './line.ts';
import { comment, line, literal, name } from './quote.ts';

/** What HAProxy answers in the place of its usual errors: what the section says itself counts before its groups. */
export function errorLines({ errors, groups }: Answers): readonly Line[] {
  return [
    ...groups.flatMap(({ name: group, status }, index) => placed(['errorfiles', index], [line('errorfiles', name(group), ...status)])),
    ...errors.flatMap((answer) => placed(['http-error', answer.status], [line('http-error', ...answerWords(answer))])),
  ];
}

/** A group of whole answers that several sections share. */
export function httpErrorsSection({ name: group, files }: HttpErrors): readonly Line[] {
  return placed(
    ['http-errors', group],
    [
      `http-errors ${name(group)}`,
      ...Object.entries(files).flatMap(([status, file]) => placed([status], [line('errorfile', status, file)])),
    ],
  );
}

const sampled = (sample: string, operator: 'ge' | 'lt', value: number): Condition => ({
  kind: 'sample',
  sample,
  test: { kind: 'compare', all: [{ operator, value }] },
});

/** A time in which every request gets one answer, by HAProxy's own clock: it begins and ends without anybody. */
export function maintenanceLines(maintenance: Maintenance | null, scope: AclScope, vocabulary: Vocabulary): readonly Line[] {
  if (maintenance === null) return [];
  const { from, until, answer, except } = maintenance;
  const during: Condition = {
    kind: 'all',
    of: [
      sampled('date', 'ge', from),
      ...(until === null ? [] : [sampled('date', 'lt', until)]),
      ...(except === null ? [] : [{ kind: 'not', of: except } as const]),
    ],
  };
  const ends = until === null ? {} : { 'Retry-After': literal(new Date(until * 1000).toUTCString()) };
  const words = answerWords({ ...answer, headers: { ...ends, ...answer.headers } });
  const spoken = `${new Date(from * 1000).toISOString()}${until === null ? '' : ` to ${new Date(until * 1000).toISOString()}`}`;
  return placed(
    ['maintenance'],
    [
      comment(`maintenance: ${spoken}`),
      ...scope.clauses(alternatives(during, vocabulary)).map((clause) => `${line('http-request', 'return', ...words)} ${clause}`.trimEnd()),
    ],
  );
}

/** What HAProxy tells those who watch it. */
export function monitorLines(monitor: Monitor | null, scope: AclScope, vocabulary: Vocabulary): readonly Line[] {
  if (monitor === null) return [];
  const { uri, fail } = monitor;
  const clauses = fail === null ? [] : scope.clauses(alternatives(fail, vocabulary));
  return [
    ...placed(['monitor-uri'], [line('monitor-uri', uri)]),
    ...placed(
      ['monitor fail'],
      clauses.map((clause) => `    monitor fail ${clause}`.trimEnd()),
    ),
  ];
}
