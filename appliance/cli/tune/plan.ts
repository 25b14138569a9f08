import type { Hardware, Knob } from '../../../tuning/hardware.ts';
import { knobName, valueIn } from '../../../tuning/knob-name.ts';
import { observe } from '../../apply/observe.ts';
import { plain } from '../../state/host-state.ts';
import { heldByKnob, isKernelPath } from '../../state/kernel-path.ts';
import { satisfies } from '../../state/plan.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { wrap } from '../wrap.ts';
import { inApplyOrder, shellLines } from './shell.ts';
import { findSubject, type Subject } from './subject.ts';

/** A kernel value with what it holds now; null: not known, or not there. */
export interface Planned {
  readonly knob: Knob;
  readonly now: string | null;
  /** Whether nothing is to do for it. */
  readonly isSo: boolean;
}

/** `weir tune plan`: what a machine's kernel and NICs should hold. */
export async function tunePlan(args: Arguments, io: Io): Promise<ExitCode> {
  const { as } = args.options;
  if (as !== undefined && as !== 'shell') return refuseWith(args, io, `a plan is not printed as "${String(as)}"`, 'there is: --as shell');
  const subject = await findSubject(args, io);
  if ('refused' in subject) return subject.refused;
  const planned = await plannedOf(subject, io);
  const { tuned, notes, hardware } = subject;
  const open = planned.filter(({ isSo }) => !isSo).map(({ knob }) => knob);
  if (as === 'shell') io.stdout(['#!/bin/sh', ...shellLines(open, hardware), ''].join('\n'));
  else
    answer(
      args,
      io,
      {
        knobs: planned.map(({ knob, now, isSo }) => ({ name: knobName(knob.path, hardware), ...knob, now, isSo })),
        omitted: tuned.omitted,
        problems: tuned.problems,
        cpuPlan: shownPlan(subject),
        notes,
      },
      () => planText(planned, subject),
    );
  return exitCode.done;
}

/** The values that are planned, each with what is there: read on this machine, else as its description tells. */
export async function plannedOf(subject: Subject, io: Io): Promise<readonly Planned[]> {
  const { knobs } = subject.tuned;
  const values = await valuesNow(
    knobs.map(({ path }) => path),
    subject,
    io,
  );
  return knobs.map((knob) => {
    const now = values.get(knob.path) ?? null;
    const there = now === null ? null : { content: now, mode: 0o644, owner: 'root:root' };
    return { knob, now, isSo: there !== null && satisfies(there, heldByKnob(knob), knob.path) };
  });
}

/** What paths hold: read on this machine, else as its description tells; null: not known, or not there. */
export async function valuesNow(
  paths: readonly string[],
  { hardware, isHere }: Subject,
  io: Io,
): Promise<ReadonlyMap<string, string | null>> {
  if (!isHere) return new Map(paths.map((path) => [path, valueIn(hardware, path)]));
  const observed = await observe(io.host, paths.filter(isKernelPath));
  return new Map([...observed].map(([path, held]) => [path, held === null ? null : plain(held.content)]));
}

/** The plan of CPUs as scripts read it. */
export function shownPlan({ tuned: { cpuPlan } }: Pick<Subject, 'tuned'>): object | null {
  return cpuPlan === null ? null : { ...cpuPlan, irqCpus: Object.fromEntries(cpuPlan.irqCpus) };
}

const width = 80;

function planText(planned: readonly Planned[], { tuned, notes, hardware }: Subject): string {
  const section = (title: string, lines: readonly string[]) => (lines.length === 0 ? [] : [title, ...lines, '']);
  const bullets = (texts: readonly string[]) =>
    texts.flatMap((text) => wrap(text, width, '    ').map((line, index) => (index === 0 ? `  - ${line.trim()}` : line)));
  const open = planned.filter(({ isSo }) => !isSo);
  return [
    ...section('CPUs', bullets([...(tuned.cpuPlan?.reasons ?? []), ...(tuned.cpuPlan?.warnings ?? [])])),
    ...section(
      'To set',
      groupsOf(open).flatMap((group) => groupText(group, hardware)),
    ),
    ...section(
      'Already so',
      wrap(
        planned
          .filter(({ isSo }) => isSo)
          .map(({ knob }) => knobName(knob.path, hardware).replaceAll(' ', '\u00a0'))
          .join(', '),
        width,
        '  ',
      ).map((line) => line.replaceAll('\u00a0', ' ')),
    ),
    ...section(
      'Refused',
      bullets(tuned.problems.map(({ at, message, hint }) => `${at.join('.')}: ${message}${hint === undefined ? '' : ` (${hint})`}`)),
    ),
    ...section(
      'Left out',
      bullets(
        tuned.omitted.map(({ path, why }) =>
          why.includes(': ') ? `${why} (${knobName(path, hardware)})` : `${knobName(path, hardware)}: ${why}`,
        ),
      ),
    ),
    ...section('Of the capture', bullets(notes)),
    `${open.length} to set, ${planned.length - open.length} already so, ${tuned.omitted.length} left out`,
    '',
  ].join('\n');
}

function knobText({ knob, now }: Planned, hardware: Hardware): readonly string[] {
  const { path, value, reason, isLast } = knob;
  const head = `  ${knobName(path, hardware)}  ${now ?? '?'} -> ${value}${isLast ? '  (last of all)' : ''}`;
  return [...(head.length > width ? wrap(head, width, '  ') : [head]), ...wrap(reason, width, '      ')];
}

/** Interrupts or queues of a NIC that are set alike are told together, once there are more than these. */
const fewAlike = 2;

function groupsOf(planned: readonly Planned[]): readonly (readonly Planned[])[] {
  const groups = new Map<string, Planned[]>();
  for (const one of planned.toSorted((a, b) => inApplyOrder(a.knob, b.knob))) {
    const { path } = one.knob;
    const [, kind, bus, rest = ''] = /^(irq|queue):([^/]+)\/(.*)$/.exec(path) ?? [];
    // those that are no queue's have reasons of their own
    const alike = kind === undefined || /^(admin|fdir)/.test(rest) ? path : `${kind} ${bus} ${rest.replace(/\d+/, 'N')}`;
    groups.set(alike, [...(groups.get(alike) ?? []), one]);
  }
  return [...groups.values()];
}

function groupText(group: readonly Planned[], hardware: Hardware): readonly string[] {
  const [first] = group;
  if (first === undefined || group.length <= fewAlike) return group.flatMap((one) => knobText(one, hardware));
  const { path, reason } = first.knob;
  const name = knobName(path, hardware).replace(/\b0\b/, `0 to ${group.length - 1}`);
  const values = group.map(({ knob }) => knob.value).join(' ');
  return [
    ...wrap(`${name} -> ${values}`, width, '  ').map((line, index) => (index === 0 ? line : `    ${line}`)),
    ...wrap(`${reason}, and so on`, width, '      '),
  ];
}
