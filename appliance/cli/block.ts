import { sockets } from '../agent/sockets.ts';
import type { Block } from '../state/blocks.ts';
import { answerMs, askAgent, planMs } from './agent-client.ts';
import { answer, refuseWith } from './answer.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';
import { secondsOf } from './time.ts';

/** What the agent says of blocks. */
interface Answer {
  readonly blocks?: readonly Block[];
  /** Those that were made or removed. */
  readonly changed?: readonly Block[];
  readonly notes?: readonly string[];
  readonly dropped?: { readonly packets: number; readonly bytes: number } | null;
  readonly reasons?: readonly string[];
  readonly message?: string;
}

/** `weir block`: networks whose packets are dropped, for a time, whatever the document says. */
export const block: Command = {
  name: 'block',
  argument: { name: '<what...>', description: 'addresses or networks to block; or `list`; or `remove` and networks, or `remove all`' },
  summary: 'drop all that comes from an address or a network, established connections too; an apply keeps that, a reboot ends it',
  options: [
    { flags: '--for <time>', description: 'how long, from 30s to 30d (90s, 5m, 1h, 2d); none: until it is removed' },
    { flags: '--yes', description: 'block what this machine talks to: servers, gateways, name servers, the management network' },
    jsonOption,
  ],
  example: 'weir block 203.0.113.0/24 2001:db8:bad::/48 --for 1h\nweir block list\nweir block remove 203.0.113.0/24',
  run: async (args, io) => {
    const [verb = '', ...rest] = args.positional;
    if (verb === 'list') return rest.length === 0 ? list(args, io) : refuseWith(args, io, 'list takes nothing more', 'weir block list');
    if (args.options.for !== undefined && verb === 'remove')
      return refuseWith(args, io, 'remove takes no time', 'weir block remove 203.0.113.0/24');
    if (verb !== 'remove') return add(args, io);
    if (rest.length === 0)
      return refuseWith(args, io, 'which network shall be removed?', 'weir block list tells them; remove all removes all');
    return ask(args, io, '/unblock', { networks: rest, by: io.user }, ({ changed = [], notes = [], blocks = [] }) =>
      [...changed.map(({ network }) => `removed: ${network}`), ...notes, `${counted(blocks.length)} blocked now`, ''].join('\n'),
    );
  },
};

function add(args: Arguments, io: Io): Promise<ExitCode> | ExitCode {
  const { for: time, yes } = args.options;
  const seconds = time === undefined ? null : secondsOf(String(time));
  const hint = 'say for example --for 1h; without --for a block stays until it is removed';
  if (time !== undefined && seconds === null) return refuseWith(args, io, `"${time}" is not a time`, hint);
  if (seconds !== null && (seconds < 30 || seconds > 2_592_000))
    return refuseWith(args, io, `"${time}" is not between 30 seconds and 30 days`, hint);
  const request = { networks: args.positional, seconds, by: io.user, yes: yes === true, connection: io.connection };
  return ask(args, io, '/block', request, ({ changed = [], notes = [] }) =>
    [...changed.map((one) => `blocked: ${blockText(one)}`), ...notes, ''].join('\n'),
  );
}

async function ask(args: Arguments, io: Io, path: string, request: object, text: (answer: Answer) => string): Promise<ExitCode> {
  const answered = await askAgent(sockets.agent, 'POST', path, request, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const said = (answered.lines[0] ?? {}) as Answer;
  if (answered.status === 200) {
    const { changed = [], blocks = [], notes = [] } = said;
    answer(args, io, { changed, blocks, notes }, () => text(said));
    return exitCode.done;
  }
  refuseWith(args, io, said.reasons?.join('\n      ') ?? said.message ?? `the agent answered ${answered.status}`);
  return answered.status >= 500 ? exitCode.failed : exitCode.refused;
}

async function list(args: Arguments, io: Io): Promise<ExitCode> {
  const answered = await askAgent(sockets.agent, 'GET', '/blocks', null, { timeoutMs: answerMs });
  if (answered.kind === 'unreachable') return refuseWith(args, io, answered.message, answered.hint);
  const { blocks = [], dropped = null, message } = (answered.lines[0] ?? {}) as Answer;
  if (answered.status !== 200) return refuseWith(args, io, message ?? `the agent answered ${answered.status}`);
  answer(args, io, { blocks, dropped }, () =>
    [
      ...(blocks.length === 0 ? ['Nobody is blocked.'] : blocks.map(blockText)),
      ...(dropped === null || dropped.packets === 0 ? [] : [`${dropped.packets} packets dropped since the firewall was loaded last`]),
      '',
    ].join('\n'),
  );
  return exitCode.done;
}

/** A block in a line: the network, until when, since when, and by whom. */
export function blockText({ network, by, since, until }: Block): string {
  return `${network} ${until === null ? 'until it is removed' : `until ${until}`}, since ${since} by ${by}`;
}

function counted(count: number): string {
  return count === 0 ? 'nobody is' : count === 1 ? '1 network is' : `${count} networks are`;
}
