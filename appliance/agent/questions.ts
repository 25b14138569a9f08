import { readRuntime } from '../apply/runtime.ts';
import type { Host } from '../host/host.ts';
import { describe } from '../state/diff.ts';
import type { Tools } from './changes.ts';
import { confirmedSource, draft, type Source, sourceHere } from './draft.ts';
import type { Requests } from './request.ts';
import type { RouteAnswer } from './route-answer.ts';

/** What the agent says to a question about a document: a status of HTTP, and a body. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}

/** The document that is asked about, the confirmed one where none is given; a string says why it cannot be had, null that there is none. */
function sourceFor(
  host: Host,
  { config, file, files }: Pick<Requests['plan'], 'config' | 'file' | 'files'>,
): Promise<Source | string | null> {
  return config === null ? confirmedSource(host) : sourceHere(host, config, file, files);
}

/** What an apply of a document would change. */
export async function answerPlan({ host, probe }: Pick<Tools, 'host' | 'probe'>, asked: Requests['plan']): Promise<Reply> {
  const source = await sourceFor(host, asked);
  if (source === null)
    return { status: 409, body: { message: 'no document is confirmed yet: weir plan FILE shows what a first one would do' } };
  if (typeof source === 'string') return { status: 422, body: { problems: [], reasons: [source] } };
  const made = await draft(host, source, probe);
  if (made.kind === 'refused') return { status: 422, body: { problems: made.problems, reasons: made.reasons } };
  const { document, capacity, confirmReasons, warnings, verdicts } = made;
  return {
    status: 200,
    body: { node: document.node, plan: describe(made.plan), capacity, confirm: confirmReasons, problems: warnings, verdicts },
  };
}

/** What HAProxy would do with a request by a document; nothing of what serves is asked or touched. */
export async function answerRoute(host: Host, { asked, ...of }: Requests['route']): Promise<Reply> {
  const source = await sourceFor(host, of);
  const hint = 'weir apply FILE makes it the one that serves';
  if (source === null) return { status: 409, body: { reasons: [{ message: 'no document is confirmed yet', hint }] } };
  if (typeof source === 'string') return { status: 422, body: { reasons: [{ message: source, hint: 'see /data/weir' }] } };
  const [{ load }, { askRoute }] = await Promise.all([import('../config/load.ts'), import('./route.ts')]);
  const { config, problems } = load(source.text, { file: source.file, files: source.files, now: new Date(host.now()) });
  if (config === null) return { status: 422, body: { problems, reasons: [] } };
  const told = await askRoute(host, { config, text: source.text, file: source.file, files: source.files }, asked, true);
  if (told.kind === 'refused') return { status: 422, body: { problems: told.problems, reasons: told.reasons } };
  return { status: 200, body: { route: of.config === null ? await besideRuntime(host, told) : told } };
}

/** What serves may differ from its document: that is said. */
async function besideRuntime(host: Host, told: RouteAnswer): Promise<RouteAnswer> {
  const changes = await readRuntime(host);
  if (changes.length === 0) return told;
  return {
    ...told,
    unanswered: [...told.unanswered, { at: null, text: 'what was changed while it serves is not in it: weir runtime tells' }],
  };
}
