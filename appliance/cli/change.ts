import type { Capacity } from '../../tuning/capacity.ts';
import { sockets } from '../agent/sockets.ts';
import type { Outcome, Progress } from '../apply/outcome.ts';
import { formatProblem, type LocatedProblem } from '../config/problem.ts';
import { formatCapacity } from '../state/capacity.ts';
import { formatPlan } from '../state/diff.ts';
import { askAgent } from './agent-client.ts';
import { answerVersion, problemForScripts, refuseWith } from './answer.ts';
import type { Arguments, Option } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { secondsOf } from './time.ts';

/** The options of every command that changes the machine. */
export const changeOptions: readonly Option[] = [
  {
    flags: '--confirm <time>',
    description: 'go back by itself unless `weir confirm` comes over a new connection within this time (90s, 5m, 1h)',
  },
  { flags: '--yes', description: 'change the management link, its firewall or sshd without waiting to be confirmed' },
];

/** The last line of a change: how it ended. */
interface Ended {
  readonly kind: 'outcome';
  readonly outcome: Outcome;
  readonly capacity?: Capacity | null;
  readonly problems: readonly LocatedProblem[];
}

type Line = Progress | Ended | { readonly kind: 'defect'; readonly message: string };

const codes: Readonly<Record<Outcome['kind'], ExitCode>> = {
  confirmed: exitCode.done,
  refused: exitCode.refused,
  'rolled-back': exitCode.failed,
  'rollback-failed': exitCode.rollbackFailed,
};

/** Asks the agent for a change, shows what it says while it works, and how it ended. Blocks until the change is confirmed or rolled back. */
export async function change(
  args: Arguments,
  io: Io,
  path: '/apply' | '/rollback' | '/runtime/keep' | '/certificates/install' | '/certificates/reload',
  body: object,
  bytes: readonly Uint8Array[] = [],
  /** Tells an ending that is no change of the machine; null: it is not one of those. */
  tellOther: (last: unknown) => ExitCode | null = () => null,
): Promise<ExitCode> {
  const seconds = confirmSeconds(args.options.confirm);
  if (typeof seconds === 'string') return refuseWith(args, io, seconds, 'say for example --confirm 2m');
  const request = { ...body, by: io.user, confirmSeconds: seconds, yes: args.options.yes === true, connection: io.connection };
  const show = (line: unknown) => {
    if (!args.options.json) io.stderr(progressText(line as Line));
  };
  const answered = await askAgent(sockets.agent, 'POST', path, request, { onLine: show, bytes, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const last = answered.lines.at(-1) as Line | { readonly kind?: undefined; readonly message?: string } | undefined;
  if (last?.kind === 'outcome') return tell(args, io, last);
  const other = tellOther(last);
  if (other !== null) return other;
  if (last?.kind === 'defect' || answered.status >= 500)
    return failed(args, io, last && 'message' in last ? String(last.message) : 'the agent failed');
  if (answered.status >= 400)
    return refuseWith(args, io, last && 'message' in last ? String(last.message) : `the agent answered ${answered.status}`);
  return failed(
    args,
    io,
    'the agent went away during the change, and ends it when it is back: weir status says which document the machine has then',
  );
}

/** Seconds of a time such as `90s`, `5m`, `1h` or plain seconds; null when none was said; a sentence when it is none. */
export function confirmSeconds(time: string | true | undefined): number | null | string {
  if (time === undefined) return null;
  const seconds = secondsOf(String(time));
  if (seconds === null) return `"${time}" is not a time`;
  return seconds >= 5 && seconds <= 86_400 ? seconds : `"${time}" is not between 5 seconds and a day`;
}

function tell(args: Arguments, io: Io, { outcome, capacity = null, problems }: Ended): ExitCode {
  if (args.options.json) {
    io.stdout(`${JSON.stringify({ version: answerVersion, outcome, capacity, problems: problems.map(problemForScripts) })}\n`);
    return codes[outcome.kind];
  }
  for (const problem of problems) io.stderr(`${formatProblem(problem)}\n`);
  io.stderr(outcomeText(outcome));
  return codes[outcome.kind];
}

function failed(args: Arguments, io: Io, message: string): ExitCode {
  if (args.options.json) io.stdout(`${JSON.stringify({ version: answerVersion, outcome: { kind: 'failed', reasons: [message] } })}\n`);
  else io.stderr(`weir: ${message}\n`);
  return exitCode.failed;
}

function progressText(line: Line): string {
  switch (line.kind) {
    case 'plan':
      return `${formatPlan(line.plan)}${formatCapacity(line.capacity ?? null)}\n`;
    case 'phase':
      return `${line.phase}: ${line.message}\n`;
    case 'step':
      return `  ${String(line.number).padStart(String(line.of).length)}/${line.of} ${line.message}\n`;
    case 'waiting':
      return `waiting to be confirmed: within ${line.seconds} s, over a new connection, say: weir confirm\n`;
    default:
      return '';
  }
}

/** How a change ended, in words. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'confirmed':
      return [
        outcome.changed
          ? `confirmed: generation ${outcome.generation}`
          : `nothing to do: the machine is as generation ${outcome.generation} says`,
        ...outcome.verdicts.map(
          ({ path, wanted, holds, kind, reason }) =>
            `this machine does not take ${path} = ${wanted} (${kind}${reason === '' ? '' : `, ${reason}`}); it holds ${holds ?? 'nothing'}`,
        ),
        ...outcome.warnings.map((warning) => `warning: ${warning}`),
        '',
      ].join('\n');
    case 'refused':
      return `${outcome.reasons.map((reason) => `refused: ${reason}\n`).join('')}Nothing was changed.\n`;
    case 'rolled-back':
      return `${outcome.reasons.map((reason) => `failed: ${reason}\n`).join('')}Rolled back: the machine is as it was.\n`;
    case 'rollback-failed':
      return [
        ...outcome.reasons.map((reason) => `failed: ${reason}`),
        'THE ROLLBACK FAILED. These do not hold what they held:',
        ...outcome.remaining.map((path) => `  ${path}`),
        'Act now: restart the machine, which boots into its confirmed document. (As root, /usr/lib/weir/restore does it without a restart.)',
        '',
      ].join('\n');
  }
}
