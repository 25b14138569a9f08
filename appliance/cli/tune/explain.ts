import type { Knob } from '../../../tuning/hardware.ts';
import { knobName } from '../../../tuning/knob-name.ts';
import { refused } from '../../../tuning/refused.ts';
import { rowOf } from '../../../tuning/rows.ts';
import { tune } from '../../../tuning/tune.ts';
import { nearest } from '../../config/nearest.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { wrap } from '../wrap.ts';
import { type Planned, plannedOf, valuesNow } from './plan.ts';
import { findSubject, type Subject } from './subject.ts';

/** A value that is not set, with what it holds; null: not known, or not there. */
interface NotSet {
  readonly path: string;
  readonly why: string;
  readonly now: string | null;
}

/** All that can be said of the values that are meant. */
interface Explained {
  readonly found: readonly Planned[];
  /** What weir would want by itself of what the document says, by path. */
  readonly byItself: ReadonlyMap<string, Knob>;
  readonly left: readonly NotSet[];
  readonly omitted: readonly NotSet[];
  readonly dead: typeof refused;
}

/** `weir tune explain [KNOB]`: why a value is what it is, or why it is left as it is, left out or never set. */
export async function tuneExplain(args: Arguments, io: Io): Promise<ExitCode> {
  const [, said, ...more] = args.positional;
  if (more.length > 0) return refuseWith(args, io, 'explain takes one value', 'weir tune explain net.core.somaxconn');
  const subject = await findSubject(args, io);
  if ('refused' in subject) return subject.refused;
  const explained = await explain(said, subject, io);
  const { found, left, omitted, dead, byItself } = explained;
  const { hardware } = subject;
  if (found.length + left.length + omitted.length + dead.length === 0) {
    const like = nearest(said ?? '', namesOf(subject));
    const hint = like === null ? 'weir tune explain lists what it knows' : `did you mean ${like}?`;
    return refuseWith(args, io, `weir plans nothing that is called "${said}" here`, hint);
  }
  const notSet = ({ path, why, now }: NotSet) => ({ name: knobName(path, hardware), path, why, now, ...ofRow(path) });
  answer(
    args,
    io,
    {
      knobs: found.map((one) => ({
        name: knobName(one.knob.path, hardware),
        ...one.knob,
        now: one.now,
        isSo: one.isSo,
        original: hardware.originals[one.knob.path] ?? null,
        ...ofRow(one.knob.path),
        byItself: isOwn(one.knob) ? (byItself.get(one.knob.path) ?? null) : null,
        undo: undoText(one, subject),
      })),
      left: left.map(notSet),
      omitted: omitted.map(notSet),
      refused: dead.map(({ shown, why, instead }) => ({ name: shown, why, instead: instead ?? null })),
    },
    () =>
      [
        ...found.flatMap((one) => [...explanation(one, explained, subject), '']),
        ...left.flatMap((one) => [...notSetText(one, 'left', subject), '']),
        ...omitted.flatMap((one) => [...notSetText(one, 'left out', subject), '']),
        ...dead.flatMap(({ shown, why, instead }) => [
          shown,
          ...row('refused', `it ${why}`),
          ...(instead === undefined ? [] : row('instead', instead)),
          '',
        ]),
      ].join('\n'),
  );
  return exitCode.done;
}

/** What is meant by a name with dots, a path, a key, or a part of one; undefined: everything. */
async function explain(said: string | undefined, subject: Subject, io: Io): Promise<Explained> {
  const { hardware, tuned, asked } = subject;
  const wanted = dotted(said ?? '');
  const isMeant = (path: string) => path === said || dotted(path).includes(wanted) || dotted(knobName(path, hardware)).includes(wanted);
  const planned = (await plannedOf(subject, io)).filter(({ knob }) => isMeant(knob.path));
  // a whole name is that value alone, though it may begin those of others
  const exact = planned.filter(
    ({ knob }) => said !== undefined && (knob.path === said || dotted(knobName(knob.path, hardware)) === wanted),
  );
  const found = exact.length > 0 ? exact : planned;
  const notSet = async (all: Subject['tuned']['left']): Promise<readonly NotSet[]> => {
    const meant = exact.length > 0 ? [] : all.filter(({ path }) => isMeant(path));
    const now = await valuesNow(
      meant.map(({ path }) => path),
      subject,
      io,
    );
    return meant.map(({ path, why }) => ({ path, why, now: now.get(path) ?? null }));
  };
  const own = found.some(({ knob }) => isOwn(knob)) ? tune(hardware, asked.profile, asked.demand, {}, {}).knobs : [];
  return {
    found,
    byItself: new Map(own.map((knob) => [knob.path, knob])),
    left: await notSet(tuned.left),
    omitted: await notSet(tuned.omitted),
    dead: said === undefined ? refused : refused.filter(({ name, shown }) => name.test(wanted) || shown.includes(wanted)),
  };
}

/** A name or path with dots for slashes, without the folder of sysctls. */
function dotted(text: string): string {
  return text.replaceAll('/', '.').replace(/^\.?proc\.sys\./, '');
}

function namesOf({ tuned, hardware }: Subject): readonly string[] {
  const paths = [...tuned.knobs, ...tuned.left, ...tuned.omitted].map(({ path }) => knobName(path, hardware));
  return [...paths, ...refused.map(({ shown }) => shown.split(' ')[0] as string)];
}

/** Whether the document says the value. */
function isOwn({ source }: Knob): boolean {
  return source.startsWith('config.yaml: ');
}

function ofRow(path: string): { readonly kernel: string | null; readonly formula: string | null; readonly risk: string | null } {
  const known = rowOf(path);
  return { kernel: known?.usual ?? null, formula: known?.formula ?? null, risk: known?.risk ?? null };
}

const rules = { exactly: 'exactly', 'at-least': 'at least: what is larger stays', 'at-most': 'at most: what is smaller stays' } as const;

function row(label: string, text: string | null): readonly string[] {
  if (text === null || text === '' || text === 'left') return [];
  const [first = '', ...rest] = wrap(text.replaceAll('`', ''), 80, ' '.repeat(12));
  return [`  ${label.padEnd(10)}${first.trim()}`, ...rest];
}

function explanation(one: Planned, { byItself }: Explained, subject: Subject): readonly string[] {
  const { knob, now, isSo } = one;
  const { originals } = subject.hardware;
  const original = originals[knob.path];
  const known = ofRow(knob.path);
  const instead = byItself.get(knob.path);
  return [
    knobName(knob.path, subject.hardware),
    ...row('now', nowText(now, isSo ? '' : ', to be changed')),
    ...(original === undefined || original === null || original === '' ? [] : row('first', `${original} (what this boot began with)`)),
    ...row('kernel', known.kernel),
    ...row('wanted', `${knob.value} (${rules[knob.rule]})${knob.isLast ? '; set last of all: people reach the machine by this NIC' : ''}`),
    ...row('because', knob.reason),
    ...(isOwn(knob)
      ? row('by itself', instead === undefined ? 'weir would leave it' : `weir would want ${instead.value}: ${instead.reason}`)
      : []),
    ...row('formula', known.formula),
    ...row('source', knob.source),
    ...row('risk', known.risk),
    ...row('undo', undoText(one, subject)),
  ];
}

function notSetText({ path, why, now }: NotSet, label: string, { hardware }: Subject): readonly string[] {
  const known = rowOf(path);
  return [
    knobName(path, hardware),
    ...(now === null ? [] : row('now', now)),
    ...row(label, why),
    ...row('kernel', known?.usual ?? null),
    ...row('formula', known?.formula ?? null),
    ...row('source', known?.source ?? null),
    ...row('risk', known?.risk ?? null),
  ];
}

function nowText(now: string | null, more: string): string {
  if (now === null) return 'not there, or not to be read';
  return `${now === '' ? 'empty' : now}${more}`;
}

function undoText({ knob }: Planned, { hardware }: Subject): string {
  const { path } = knob;
  const original = hardware.originals[path];
  const name = knobName(path, hardware);
  if (isOwn(knob)) return `take ${knob.source.replace('config.yaml: ', '')} out of the document`;
  const back = original === undefined || original === null ? 'its first value' : original;
  return path.startsWith('/proc/sys/')
    ? `tuning.sysctl in the document (${name}: ${back.includes(' ') || back === '' ? `"${back}"` : back}); weir tune reset for all of them`
    : 'weir tune reset brings back what all of them held first';
}
