import { type Finding, judge, pendingMoves } from '../../../tuning/evidence.ts';
import { knobName } from '../../../tuning/knob-name.ts';
import { sockets } from '../../agent/sockets.ts';
import { readCounters } from '../../host/counters.ts';
import { answerMs, askAgent } from '../agent-client.ts';
import { answer, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { waiting } from '../waiting.ts';
import { wrap } from '../wrap.ts';
import { type Planned, plannedOf } from './plan.ts';
import { findSubject } from './subject.ts';

/** Seconds of the shortest and the longest look. */
const [shortest, longest] = [1, 3600];

/** `weir tune verify`: whether what is planned holds, by what the kernel and the NICs say of it, and with `--traffic` by what they count meanwhile. */
export async function tuneVerify(args: Arguments, io: Io): Promise<ExitCode> {
  const said = args.options.traffic;
  const seconds = said === undefined ? null : secondsOf(String(said));
  if (Number.isNaN(seconds))
    return refuseWith(args, io, `"${String(said)}" is no time from ${shortest}s to ${longest / 60}m`, 'say for example --traffic 5s');
  const subject = await findSubject(args, io);
  if ('refused' in subject) return subject.refused;
  const { hardware, tuned } = subject;
  const verdicts = await verdictsHere();
  const planned = await plannedOf(subject, io);
  const refusedHere = (one: Planned) => verdicts.has(`${one.knob.path} ${one.knob.value}`);
  const differing = planned.filter((one) => !one.isSo && !refusedHere(one));
  const impossible = planned.filter((one) => !one.isSo && refusedHere(one));
  const wanted = new Map(tuned.knobs.map(({ path, value }) => [path, value]));
  const names = hardware.nics.filter(({ bus }) => tuned.cpuPlan?.irqCpus.has(bus)).map(({ name }) => name);
  let findings: readonly Finding[] = seconds === null ? pendingMoves(hardware, wanted) : [];
  if (seconds !== null) {
    const before = await readCounters(io.host, names);
    const hasEnded = waiting(io, `weir counts for ${seconds} s`);
    await io.host.sleep(seconds * 1000);
    hasEnded();
    findings = judge(
      before,
      await readCounters(io.host, names),
      { nics: hardware.nics.filter(({ name }) => names.includes(name)) },
      wanted,
    );
  }
  const isGood = differing.length === 0 && findings.every(({ kind }) => kind !== 'bad');
  const shown = (one: Planned) => ({ name: knobName(one.knob.path, hardware), path: one.knob.path, wanted: one.knob.value, now: one.now });
  answer(args, io, { isGood, values: planned.length, differing: differing.map(shown), impossible: impossible.map(shown), findings }, () =>
    [
      `${planned.length - differing.length - impossible.length} of ${planned.length} values hold`,
      ...differing.map((one) => `! ${shown(one).name} holds ${one.now ?? 'nothing that can be read'}, not ${one.knob.value}`),
      ...impossible.map((one) => `- ${shown(one).name} stays ${one.now ?? 'as it is'}: this machine does not take ${one.knob.value}`),
      ...findings.flatMap(findingLines),
      '',
    ].join('\n'),
  );
  return isGood ? exitCode.done : exitCode.failed;
}

function findingLines({ kind, what, todo }: Finding): readonly string[] {
  const mark = { good: '+', note: '-', bad: '!' }[kind];
  return wrap(`${what}${todo === null ? '' : `: ${todo}`}`, 80, '  ').map((line, index) => (index === 0 ? `${mark} ${line.trim()}` : line));
}

/** What this machine is known not to take, as `path value`; none where no agent says. */
async function verdictsHere(): Promise<ReadonlySet<string>> {
  const answered = await askAgent(sockets.status, 'GET', '/status', null, { timeoutMs: answerMs });
  const body =
    answered.kind === 'unreachable' || answered.status !== 200
      ? {}
      : (answered.lines[0] as { readonly verdicts?: readonly { path: string; wanted: string }[] });
  return new Set((body.verdicts ?? []).map(({ path, wanted }) => `${path} ${wanted}`));
}

/** A number of seconds; NaN where it is no time, or too short or long. */
function secondsOf(text: string): number {
  const [, number, unit] = /^(\d{1,5})(s|m)?$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === 'm' ? 60 : 1);
  return seconds >= shortest && seconds <= longest ? seconds : Number.NaN;
}
