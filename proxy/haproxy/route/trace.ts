import type { Action, Rule, Rules, Ruleset } from '../../model/action.ts';
import type { Backend, Condition, DataPlane, Frontend } from '../../model.ts';
import { needsTlsHello } from '../frontend.ts';
import type { Place } from '../line.ts';
import { type Mark, type Notes, takeNotes } from './notes.ts';

/** A data plane that notes which rules hold, and what its notes mean: a mark's number is its index. */
export interface Traced {
  readonly plane: DataPlane;
  readonly marks: readonly Mark[];
  /** The rules as the document has them, by their place in the traced plane as JSON: notes stand between them. */
  readonly origins: ReadonlyMap<string, Place>;
}

/** The variable of a connection that is refused before there is a session: it is refused where HAProxy logs it. */
const refused = 'sess.weir.refused';

/** Actions behind which nothing of their list is looked at (configuration manual, 4.3). */
const finals: ReadonlySet<Action['kind']> = new Set([
  'accept',
  'allow',
  'auth',
  'close',
  'deny',
  'redirect',
  'reject',
  'return',
  'silent-drop',
  'tarpit',
  'use-service',
]);

const found = (variable: string): Condition => ({ kind: 'sample', sample: `var(${variable})`, test: { kind: 'found', value: true } });
const setTrue = (variable: string): Action => ({ kind: 'set-var', samples: { [variable]: 'bool(true)' } });

/** What is done in the place of an action, so that nothing waits, nothing leaves the machine, and everything is told; null: nothing. */
function standIn(action: Action): Action | null {
  switch (action.kind) {
    case 'do-resolve':
    case 'expect-proxy':
    case 'send-spoe-group':
    case 'set-log-level':
      return null;
    case 'tarpit':
      return { ...action, kind: 'deny' };
    default:
      return action;
  }
}

/** What is chosen by rules of another kind: `use_backend`, `use-server`. */
type Choice = { readonly at: Place; readonly condition: Condition | null };

/** How the rules of a list are traced. */
interface Manner {
  /** What `accept` and `allow` do: they end the list alone, and what is noted behind it goes on. */
  readonly endsList: boolean;
  /** What refuses a connection sets a variable, and is done later. */
  readonly refusesLater: boolean;
}

/** A list of rules with its notes. `target` is where it stands in the traced plane, `from` at which index there. */
function tracedList(
  notes: Notes,
  at: Place,
  rules: readonly Rule[],
  { endsList, refusesLater }: Manner,
  target: { readonly at: Place; readonly from: number },
): readonly Rule[] {
  if (rules.length === 0) return [];
  const done = endsList && rules.some(({ action }) => action.kind === 'accept' || action.kind === 'allow') ? notes.variable() : null;
  const guarded = ({ action, condition }: Rule): Rule => {
    if (done === null) return { action, condition };
    const open: Condition = { kind: 'not', of: found(done) };
    return { action, condition: condition === null ? open : { kind: 'all', of: [open, condition] } };
  };
  const made: Rule[] = [notes.note({ at, of: 'list', text: null, isFinal: false }, null)];
  const push = (rule: Rule, origin: Place | null) => {
    const index = target.from + made.push(guarded(rule)) - 1;
    if (origin !== null) notes.origins.set(JSON.stringify([...target.at, index]), origin);
  };
  for (const [index, { action, condition }] of rules.entries()) {
    const place = [...at, index];
    for (const rule of notes.notes(place, condition, finals.has(action.kind))) push(rule, null);
    const isEnd = action.kind === 'accept' || action.kind === 'allow';
    if (refusesLater && (action.kind === 'reject' || action.kind === 'silent-drop')) {
      push({ action: setTrue(refused), condition }, null);
      push({ action: { kind: 'accept' }, condition: found(refused) }, place);
    } else if (isEnd && done !== null) push({ action: setTrue(done), condition }, place);
    else {
      const changed = standIn(action);
      if (changed !== null) push({ action: changed, condition }, place);
    }
  }
  return made;
}

const without = (rules: Rules, ...rulesets: readonly Ruleset[]): Rules =>
  Object.fromEntries(Object.entries(rules).filter(([ruleset]) => !rulesets.includes(ruleset as Ruleset)));

function chosenFirst(notes: Notes, choices: readonly Choice[]): readonly Rule[] {
  const [first] = choices;
  if (first === undefined) return [];
  const begun = notes.note({ at: first.at.slice(0, -1), of: 'list', text: null, isFinal: false }, null);
  return [begun, ...choices.flatMap(({ at, condition }) => notes.notes(at, condition, true))];
}

/** What an algorithm looks for in a request to choose the server by; where it is not there, servers take turns (configuration manual, 4.2 "balance"). */
function keyOf({ algorithm, argument }: Backend['balance']): string | null {
  if (algorithm === 'hash') return argument;
  if (algorithm === 'hdr') return `req.hdr(${argument})`;
  if (algorithm === 'url_param') return `url_param(${argument})`;
  if (algorithm === 'rdp-cookie') return argument === null ? 'req.rdp_cookie' : `req.rdp_cookie(${argument})`;
  return null;
}

/** How a section of rules is traced: which list comes last, what is chosen behind it, and what is done before the rules on content. */
interface Section {
  readonly last: Ruleset;
  readonly choices: readonly Choice[];
  readonly key?: string | null;
  readonly first?: readonly Rule[];
}

/** The rules of a section traced, and behind the last list notes for what is chosen there. */
function tracedRules(notes: Notes, at: Place, rules: Rules, { last, choices, key = null, first = [] }: Section): Rules {
  const lists = new Map<Ruleset, readonly Rule[]>(Object.entries(rules) as [Ruleset, readonly Rule[]][]);
  const isChosen = choices.length > 0 || key !== null;
  if (isChosen && !lists.has(last)) lists.set(last, []);
  if (first.length > 0 && !lists.has('tcp-request content')) lists.set('tcp-request content', []);
  return Object.fromEntries(
    [...lists].map(([ruleset, list]) => {
      const own = ruleset === 'tcp-request content' ? first : [];
      const place = [...at, ruleset];
      const manner = { endsList: ruleset === last && isChosen, refusesLater: false };
      const made = [...own, ...tracedList(notes, place, list, manner, { at: place, from: own.length })];
      if (ruleset !== last) return [ruleset, made];
      const mark: Mark = { at: [...at, 'balance'], of: 'key', text: null, isFinal: false };
      const keyed = key === null ? [] : [notes.note(mark, { kind: 'sample', sample: key, test: { kind: 'found', value: true } })];
      return [ruleset, [...made, ...chosenFirst(notes, choices), ...keyed]];
    }),
  );
}

/** No time to wait for bytes that no rule of the document waits for. */
const atOnce = '0ms';

function tracedFrontend(notes: Notes, frontend: Frontend, plane: DataPlane): Frontend {
  const { name, mode, rules, useBackend, inspectDelay } = frontend;
  const at = ['frontends', name];
  const choices = useBackend.map(({ condition }, index): Choice => ({ at: [...at, 'use_backend', index], condition }));
  const connection = rules['tcp-request connection'] ?? [];
  const session = rules['tcp-request session'] ?? [];
  const place = [...at, 'tcp-request session'];
  const early = tracedList(
    notes,
    [...at, 'tcp-request connection'],
    connection,
    { endsList: session.length > 0, refusesLater: true },
    { at: place, from: 0 },
  );
  const late = tracedList(notes, place, session, { endsList: false, refusesLater: true }, { at: place, from: early.length });
  const isRefusing = [...connection, ...session].some(({ action }) => action.kind === 'reject' || action.kind === 'silent-drop');
  const first: readonly Rule[] = isRefusing ? [{ action: { kind: 'reject' }, condition: found(refused) }] : [];
  const last = mode === 'http' ? 'http-request' : 'tcp-request content';
  const waits = (rules['tcp-request content'] ?? []).length > 0 || needsTlsHello(frontend, plane);
  return {
    ...frontend,
    rules: {
      ...tracedRules(notes, at, without(rules, 'tcp-request connection', 'tcp-request session'), { last, choices, first }),
      ...(early.length + late.length === 0 ? {} : { 'tcp-request session': [...early, ...late] }),
    },
    inspectDelay: inspectDelay ?? (waits ? null : atOnce),
  };
}

function tracedBackend(notes: Notes, backend: Backend, { frontends }: DataPlane): Backend {
  const { name, mode, rules, useServer, inspectDelay, balance } = backend;
  const at = ['backends', name];
  const choices = useServer.map(({ condition }, index): Choice => ({ at: [...at, 'use-server', index], condition }));
  const last = mode === 'http' ? 'http-request' : 'tcp-request content';
  // a log line has the name of the frontend where no backend is
  const isNamesake = frontends.some((frontend) => frontend.name === name);
  const first = isNamesake ? [notes.note({ at, of: 'backend', text: null, isFinal: false }, null)] : [];
  return {
    ...backend,
    rules: tracedRules(notes, at, rules, { last, choices, key: keyOf(balance), first }),
    inspectDelay: inspectDelay ?? ((rules['tcp-request content'] ?? []).length > 0 ? null : atOnce),
  };
}

/**
 * A data plane that tells what it does: a note before each rule, under the same condition and thus in the same order, and one for each part of a
 * condition. What refuses before there is a session does so where HAProxy logs it; rules on connections are asked once the client is known.
 */
export function traced(plane: DataPlane): Traced {
  const notes = takeNotes();
  const frontends = plane.frontends.map((frontend) => tracedFrontend(notes, frontend, plane));
  const backends = plane.backends.map((backend) => tracedBackend(notes, backend, plane));
  return { plane: { ...plane, frontends, backends }, marks: notes.marks, origins: notes.origins };
}
