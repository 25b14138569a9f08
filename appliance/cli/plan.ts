import type { Capacity } from '../../tuning/capacity.ts';
import { sockets } from '../agent/sockets.ts';
import { formatProblem, type LocatedProblem } from '../config/problem.ts';
import { formatCapacity } from '../state/capacity.ts';
import { formatPlan, type PlanReport } from '../state/diff.ts';
import { askAgent, planMs } from './agent-client.ts';
import { answer, problemForScripts, refuse, refuseWith } from './answer.ts';
import { type Command, jsonOption } from './command.ts';
import { readForAgent } from './document.ts';
import { exitCode } from './io.ts';

interface Planned {
  readonly node: string;
  readonly plan: PlanReport;
  readonly capacity: Capacity | null;
  readonly confirm: readonly string[];
  readonly problems: readonly LocatedProblem[];
}

interface Refused {
  readonly message?: string;
  readonly problems?: readonly LocatedProblem[];
  readonly reasons?: readonly string[];
}

/** `weir plan [file]`: what would change. */
export const plan: Command = {
  name: 'plan',
  argument: { name: '[file]', description: 'the document, - for standard input; none: the confirmed one, which shows drift' },
  summary: 'show what an apply would change, as a diff',
  options: [{ flags: '--check', description: 'exit with 1 when something would change' }, jsonOption],
  example: 'weir plan config.yaml',
  run: async (args, io) => {
    const document = await readForAgent(args, io);
    if ('refused' in document) return document.refused;
    const answered = await askAgent(sockets.agent, 'POST', '/plan', document.request, {
      bytes: document.bytes,
      timeoutMs: planMs,
      shownTo: io,
    });
    if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
    if (answered.status !== 200) {
      const { message, problems = [], reasons = [] } = (answered.lines[0] ?? {}) as Refused;
      if (problems.length > 0) return refuse(args, io, problems);
      return refuseWith(args, io, [...(message === undefined ? [] : [message]), ...reasons].join('; '));
    }
    const planned = answered.lines[0] as Planned;
    if (!args.options.json) for (const problem of planned.problems) io.stderr(`${formatProblem(problem)}\n`);
    answer(args, io, { ...planned, problems: planned.problems.map(problemForScripts) }, () =>
      [
        formatPlan(planned.plan),
        formatCapacity(planned.capacity),
        ...planned.confirm.map((reason) => `must be confirmed: ${reason}\n`),
      ].join(''),
    );
    const changes = planned.plan.changes.length + planned.plan.activate.length > 0;
    return args.options.check && changes ? exitCode.failed : exitCode.done;
  },
};
