import { knobName } from '../../../tuning/knob-name.ts';
import { refused } from '../../../tuning/refused.ts';
import { nearest } from '../../config/nearest.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { wrap } from '../wrap.ts';
import { type Planned, plannedOf } from './plan.ts';
import { findSubject, type Subject } from './subject.ts';

/** `weir tune explain [KNOB]`: why a value is what it is, or why it is left out. */
export async function tuneExplain(args: Arguments, io: Io): Promise<ExitCode> {
  const [, said, ...more] = args.positional;
  if (more.length > 0) return refuseWith(args, io, 'explain takes one value', 'weir tune explain net.core.somaxconn');
  const subject = await findSubject(args, io);
  if ('refused' in subject) return subject.refused;
  const planned = await plannedOf(subject, io);
  const { hardware, tuned } = subject;
  const isMeant = (path: string) =>
    said === undefined || path === said || knobName(path, hardware).includes(said.replaceAll('/', '.').replace(/^\.?proc\.sys\./, ''));
  const found = planned.filter(({ knob }) => isMeant(knob.path));
  const omitted = tuned.omitted.filter(({ path }) => isMeant(path));
  const dead =
    said === undefined
      ? []
      : refused.filter(({ name }) => name.test(said) || (said.length > 4 && name.source.includes(said.replaceAll('.', '\\.'))));
  if (found.length + omitted.length + dead.length === 0) {
    const names = [
      ...planned.map(({ knob }) => knobName(knob.path, hardware)),
      ...tuned.omitted.map(({ path }) => knobName(path, hardware)),
    ];
    const like = nearest(said ?? '', names);
    return refuseWith(
      args,
      io,
      `weir plans nothing that is called "${said}" here`,
      like === null ? 'weir tune plan lists what it plans' : `did you mean ${like}?`,
    );
  }
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
        undo: undoText(one, subject),
      })),
      omitted,
      refused: dead.map(({ name, why, instead }) => ({ name: name.source, why, instead: instead ?? null })),
    },
    () =>
      [
        ...found.flatMap((one) => [...explanation(one, subject), '']),
        ...omitted.flatMap(({ path, why }) => [knobName(path, hardware), ...wrap(`left out: ${why}`, 80, '  '), '']),
        ...dead.flatMap(({ why, instead }) => [
          `${said}`,
          ...wrap(`weir does not set it: it ${why}${instead === undefined ? '' : `; ${instead}`}`, 80, '  '),
          '',
        ]),
      ].join('\n'),
  );
  return exitCode.done;
}

const rules = { exactly: 'exactly', 'at-least': 'at least: what is larger stays', 'at-most': 'at most: what is smaller stays' } as const;

function explanation(one: Planned, subject: Subject): readonly string[] {
  const { knob, now, isSo } = one;
  const original = subject.hardware.originals[knob.path];
  const row = (label: string, text: string) => {
    const [first = '', ...rest] = wrap(text, 80, ' '.repeat(12));
    return [`  ${label.padEnd(10)}${first.trim()}`, ...rest];
  };
  return [
    knobName(knob.path, subject.hardware),
    ...row('now', `${now ?? 'not there, or not to be read'}${isSo ? '' : now === null ? '' : ', to be changed'}`),
    ...(original === undefined || original === null ? [] : row('first', `${original} (what this boot began with)`)),
    ...row('wanted', `${knob.value} (${rules[knob.rule]})${knob.isLast ? '; set last of all: people reach the machine by this NIC' : ''}`),
    ...row('because', knob.reason),
    ...row('source', knob.source),
    ...row('undo', undoText(one, subject)),
  ];
}

function undoText({ knob: { path } }: Planned, { hardware }: Subject): string {
  const original = hardware.originals[path];
  const name = knobName(path, hardware);
  const back = original === undefined || original === null ? 'its first value' : original;
  return path.startsWith('/proc/sys/')
    ? `tuning.sysctl in the document (${name}: ${back.includes(' ') ? `"${back}"` : back}); weir tune reset for all of them`
    : 'weir tune reset brings back what all of them held first';
}
