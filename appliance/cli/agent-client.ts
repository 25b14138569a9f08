import { request } from 'node:http';
import type { Io } from './io.ts';
import { waiting } from './waiting.ts';

/** The agent could not be asked; `message` and `hint` are for the person at the keyboard. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly message: string;
  readonly hint: string;
}

/** What the agent answered: an HTTP status and the lines of its body, each a JSON value. */
export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly lines: readonly unknown[];
}

/** Milliseconds in which an agent that is well answers what needs no work: the plan of a very large document keeps it busy for some seconds. */
export const answerMs = 20_000;

/** Milliseconds in which it plans the largest documents on a small machine whose CPUs serve traffic. */
export const planMs = 180_000;

/** What goes with a request, and how its answer is waited for. */
export interface Manner {
  /** Called with each line as it comes, for progress. */
  readonly onLine?: (line: unknown) => void;
  /** What follows the request's line, piece by piece. */
  readonly bytes?: readonly Uint8Array[];
  /** Milliseconds without a word after which the agent is taken for hung; absent: it may take its time (an apply waits an hour for its confirmation). */
  readonly timeoutMs?: number;
  /** Who is shown, at a terminal, that the first word of the answer takes its time. */
  readonly shownTo?: Pick<Io, 'isTerminal' | 'stderr'>;
}

/** Sends one request to the agent and takes its answer line by line, as newline-delimited JSON. */
export async function askAgent(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
  { onLine = () => {}, shownTo, ...manner }: Manner = {},
): Promise<Answered | Unreachable> {
  const hasAnswered = shownTo === undefined ? () => undefined : waiting(shownTo, 'weir works on it');
  const heard = (line: unknown) => {
    hasAnswered();
    onLine(line);
  };
  try {
    return await ask(socketPath, method, path, body, { ...manner, onLine: heard });
  } finally {
    hasAnswered();
  }
}

function ask(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
  { onLine, bytes = [], timeoutMs = 0 }: Omit<Manner, 'onLine' | 'shownTo'> & Required<Pick<Manner, 'onLine'>>,
): Promise<Answered | Unreachable> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => resolve(unreachable(error));
    const line = Buffer.from(body === null ? '' : `${JSON.stringify(body)}\n`);
    const length = [line, ...bytes].reduce((sum, piece) => sum + piece.length, 0);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': length };
    const outgoing = request({ socketPath, method, path, headers, timeout: timeoutMs }, (response) => {
      const lines: unknown[] = [];
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const pieces = `${rest}${chunk}`.split('\n');
        rest = pieces.pop() ?? '';
        for (const piece of pieces.filter((one) => one !== '')) {
          const line: unknown = JSON.parse(piece);
          lines.push(line);
          onLine(line);
        }
      });
      // Cut off in the middle: what came is the answer, and whoever asked sees that its last line is missing.
      response.on('error', (error) =>
        lines.length === 0 ? fail(error) : resolve({ kind: 'answered', status: response.statusCode ?? 0, lines }),
      );
      response.on('end', () => {
        if (rest.trim() !== '') lines.push(JSON.parse(rest));
        resolve({ kind: 'answered', status: response.statusCode ?? 0, lines });
      });
    });
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    for (const piece of [line, ...bytes]) outgoing.write(piece);
    outgoing.end();
  });
}

function unreachable(error: NodeJS.ErrnoException): Unreachable {
  const kind = 'unreachable';
  if (error.code === 'ENOENT')
    return {
      kind,
      message: 'this machine is not a weir appliance, or its agent is not running',
      hint: 'on the appliance: systemctl status weir-agent',
    };
  if (error.code === 'EACCES')
    return {
      kind,
      message: "you may not ask this machine's agent",
      hint: 'be root, or a member of the group weir; weir status answers everybody',
    };
  if (error.code === 'ECONNREFUSED')
    return { kind, message: 'the agent is not running', hint: 'systemctl status weir-agent; traffic is served without it' };
  if (error.code === 'ETIMEDOUT')
    return { kind, message: 'the agent does not answer', hint: 'systemctl restart weir-agent; traffic is served without it' };
  return { kind, message: 'the agent went away', hint: 'weir status says how the machine is now' };
}
