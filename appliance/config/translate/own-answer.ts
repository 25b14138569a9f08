import type { Body } from '../../../proxy/model/action.ts';
import type { Answers, HttpErrors, Maintenance, Monitor, OwnAnswer } from '../../../proxy/model/own-answer.ts';
import type { Document } from '../schema.ts';
import { translateCondition } from './condition.ts';

type Input = Document['frontends'][string];
type AnswerInput = NonNullable<Input['http-error'][keyof Input['http-error']]>;

/** The folder of pages on the appliance. */
const PAGES = '/run/weir/pages';

/** What HAProxy answers in the place of servers. */
export function translateAnswers({
  'http-error': errors,
  errorfiles,
  maintenance,
}: Pick<Input, 'http-error' | 'errorfiles' | 'maintenance'>): Answers {
  return {
    groups: errorfiles.map((group) => (typeof group === 'string' ? { name: group, status: [] } : group)),
    errors: Object.entries(errors).flatMap(([status, answer]) => (answer === undefined ? [] : [translateAnswer(Number(status), answer)])),
    maintenance: translateMaintenance(maintenance),
  };
}

/** A group of errors, their files by their paths on the appliance. */
export function translateHttpErrors(name: string, group: Document['http-errors'][string]): HttpErrors {
  return { name, files: Object.fromEntries(Object.entries(group).map(([status, file]) => [status, `${PAGES}/${file}`])) };
}

function translateAnswer(status: number, input: AnswerInput): OwnAnswer {
  return { status, contentType: input['content-type'] ?? null, body: translateBody(input), headers: input.hdr };
}

/** The body of an answer: a text, or a file of the folder pages by its path on the appliance. */
export function translateBody(said: { readonly [kind in Body['kind']]?: string | undefined }): Body | null {
  for (const kind of ['file', 'lf-file', 'string', 'lf-string'] as const) {
    const text = said[kind];
    if (text !== undefined) return { kind, text: kind.endsWith('file') ? `${PAGES}/${text}` : text };
  }
  return null;
}

/** A time in which nothing is served, in seconds since 1970. */
function translateMaintenance(input: Input['maintenance']): Maintenance | null {
  if (input === undefined) return null;
  const { from, until, unless, file, 'content-type': type } = input;
  return {
    from: seconds(from),
    until: until === undefined ? null : seconds(until),
    answer: translateAnswer(503, file === undefined ? { hdr: {} } : { file, 'content-type': type, hdr: {} }),
    except: unless === undefined ? null : translateCondition(unless),
  };
}

function seconds(moment: string): number {
  return Math.floor(Date.parse(moment) / 1000);
}

/** What a frontend tells those who watch it. */
export function translateMonitor({ 'monitor-uri': uri, 'monitor fail': fail }: Input): Monitor | null {
  return uri === undefined ? null : { uri, fail: fail === undefined ? null : translateCondition(fail.if) };
}
