import type { Asked } from '../../proxy/haproxy/route/question.ts';
import { type RouteAnswer, type RouteRefusal, routeDifferences } from '../agent/route-answer.ts';
import { sockets } from '../agent/sockets.ts';
import type { LocatedProblem } from '../config/problem.ts';
import { askAgent, planMs, type Unreachable } from './agent-client.ts';
import { answer, refuse, refuseWith, warn } from './answer.ts';
import { type Arguments, type Command, configOption, jsonOption } from './command.ts';
import { readDocument, readForAgent } from './document.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { formatDifferences, formatRoute } from './route-text.ts';

/** `weir route`: who would take a request, and why, before it is served. */
export const route: Command = {
  name: 'route',
  summary: 'ask HAProxy who would take a request, and why, before it serves',
  options: [
    configOption,
    { flags: '--request <request>', description: "'GET https://shop.example/path', or tcp://address:port", required: true },
    { flags: '--source <address>', description: 'the client (default: an address that nobody has)' },
    { flags: '--to <address>', description: 'the address or UNIX socket that it connects to, where several binds have the port' },
    { flags: '--header <header>', description: "a header of the request, 'Name: value'; may be said several times", isList: true },
    { flags: '--against <what>', description: 'running: show too where the answer of the running document differs' },
    jsonOption,
  ],
  example: [
    "weir route --config config.yaml --request 'GET https://shop.example/api/x'",
    "weir route --request 'https://shop.example/' --source 198.51.100.7 --header 'Cookie: SRV=app1' --against running",
  ].join('\n'),
  run: async (args, io) => {
    const text = (option: string) => (typeof args.options[option] === 'string' ? args.options[option] : null);
    const against = text('against');
    if (against !== null && against !== 'running')
      return refuseWith(args, io, `there is nothing called ${JSON.stringify(against)} to compare with`, 'write --against running');
    const asked = { request: text('request') ?? '', source: text('source'), to: text('to'), headers: args.lists?.header ?? [] };
    const found = await askDocument(args, io, asked, against !== null);
    if ('refused' in found) return found.refused;
    if (against === null) {
      answer(args, io, { route: found.route }, () => formatRoute(asked, found.route));
      return exitCode.done;
    }
    const running = await askAgent(sockets.agent, 'POST', '/route', { config: null, asked }, { timeoutMs: planMs, shownTo: io });
    const compared = outcomeOf(running);
    if (compared.kind === 'unreachable') return refuseWith(args, io, compared.message, compared.hint);
    if (compared.kind === 'refused') {
      // that the running document has no bind for it is a difference, and what the other does is of use
      const reasons = [...compared.reasons.map(({ message }) => message), ...compared.problems.map(({ message }) => message)];
      answer(args, io, { route: found.route, running: null, reasons }, () =>
        [formatRoute(asked, found.route), `the running document does not answer: ${reasons.join('; ')}\n`].join('\n'),
      );
      return exitCode.done;
    }
    const differences = routeDifferences(found.route, compared);
    answer(args, io, { route: found.route, running: compared, differences }, () =>
      [formatRoute(asked, found.route), formatDifferences(differences)].join('\n'),
    );
    return exitCode.done;
  },
};

type Found = { readonly route: RouteAnswer } | { readonly refused: ExitCode };

/** The answer for the document that is named: of the agent, which has the files of the machine and cuts HAProxy off, or without one by ourselves. */
async function askDocument(args: Arguments, io: Io, asked: Asked, needsAgent: boolean): Promise<Found> {
  const { config } = args.options;
  const named = { ...args, positional: [typeof config === 'string' ? config : 'config.yaml'] };
  const forAgent = await readForAgent(named, io);
  if ('refused' in forAgent) return forAgent;
  const { request, bytes } = forAgent;
  const asking = await askAgent(sockets.agent, 'POST', '/route', { ...request, asked }, { bytes, timeoutMs: planMs, shownTo: io });
  const told = outcomeOf(asking);
  if (told.kind === 'unreachable' && needsAgent) return { refused: refuseWith(args, io, told.message, told.hint) };
  const outcome = told.kind === 'unreachable' ? await askHere(named, io, asked) : told;
  if ('refused' in outcome) return outcome;
  if (outcome.kind === 'routed') return { route: outcome };
  return { refused: refuseRoute(args, io, outcome) };
}

async function askHere(args: Arguments, io: Io, asked: Asked): Promise<RouteAnswer | RouteRefusal | { readonly refused: ExitCode }> {
  const [document, { askRoute }] = [await readDocument(args, io), await import('../agent/route.ts')];
  if ('refused' in document) return document;
  const { source, file, files, config, problems } = document;
  if (config === null) return { kind: 'refused', problems, reasons: [] };
  warn(args, io, problems);
  // from here on an interrupt ends HAProxy, and we take away what it left
  return await askRoute(io.host, { config, text: source, file, files }, asked, false, io.ending());
}

function refuseRoute(args: Arguments, io: Io, { problems, reasons }: RouteRefusal): ExitCode {
  if (problems.length > 0) return refuse(args, io, problems);
  if (args.options.json) {
    const of = reasons.map((reason): LocatedProblem => ({ at: [], file: '', line: 0, column: 0, excerpt: '', ...reason }));
    return refuse(args, io, of);
  }
  for (const { message, hint } of reasons) refuseWith(args, io, message, hint);
  return exitCode.refused;
}

/** What the agent answered. */
function outcomeOf(answered: Awaited<ReturnType<typeof askAgent>>): RouteAnswer | RouteRefusal | Unreachable {
  if (answered.kind === 'unreachable') return answered;
  const [line = {}] = answered.lines as readonly {
    readonly route?: RouteAnswer;
    readonly problems?: readonly LocatedProblem[];
    readonly reasons?: RouteRefusal['reasons'];
    readonly message?: string;
  }[];
  if (line.route !== undefined) return line.route;
  const reasons = line.reasons ?? [{ message: line.message ?? 'the agent gave no answer', hint: 'weir status says how the machine is' }];
  return { kind: 'refused', problems: line.problems ?? [], reasons };
}
