import type { sockets } from '../agent/sockets.ts';
import { askAgent, planMs } from './agent-client.ts';
import { refuseWith } from './answer.ts';
import type { Arguments } from './command.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';

/** What the agent told of HAProxy, or the exit code of a refusal that was printed. */
export type Told<Body> = { readonly kind: 'told'; readonly body: Body } | { readonly kind: 'refused'; readonly code: ExitCode };

/** Asks the agent what HAProxy does. Where it cannot say, the reason is printed, with what was meant instead. */
export async function tell<Body extends object>(
  args: Arguments,
  io: Io,
  socket: (typeof sockets)[keyof typeof sockets],
  path: string,
  request: object | null = null,
): Promise<Told<Body>> {
  const answered = await askAgent(socket, request === null ? 'GET' : 'POST', path, request, { timeoutMs: planMs, shownTo: io });
  if (answered.kind === 'unreachable') return { kind: 'refused', code: refuseWith(args, io, answered.message, answered.hint) };
  const body = (answered.lines[0] ?? {}) as Body & { readonly message?: string; readonly hint?: string };
  if (answered.status === 200) return { kind: 'told', body };
  refuseWith(args, io, body.message ?? `the agent answered ${answered.status}`, body.hint);
  return { kind: 'refused', code: answered.status === 500 ? exitCode.failed : exitCode.refused };
}
