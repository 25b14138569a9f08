import { request } from 'node:http';

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

/**
 * Sends one request to the agent and takes its answer line by line (`onLine`, for progress) as newline-delimited JSON. There is no time limit: an
 * apply may wait an hour for its confirmation.
 */
export function askAgent(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
  onLine: (line: unknown) => void = () => {},
): Promise<Answered | Unreachable> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => resolve(unreachable(error));
    const outgoing = request({ socketPath, method, path, headers: { 'content-type': 'application/json' } }, (response) => {
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
      response.on('error', () => resolve({ kind: 'answered', status: response.statusCode ?? 0, lines }));
      response.on('end', () => {
        if (rest.trim() !== '') lines.push(JSON.parse(rest));
        resolve({ kind: 'answered', status: response.statusCode ?? 0, lines });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body === null ? undefined : JSON.stringify(body));
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
  if (error.code === 'EACCES') return { kind, message: 'you may not change this machine', hint: 'be root, or a member of the group weir' };
  if (error.code === 'ECONNREFUSED')
    return { kind, message: 'the agent is not running', hint: 'systemctl status weir-agent; traffic is served without it' };
  return { kind, message: `the agent went away: ${error.message}`, hint: 'weir status says how the machine is now' };
}
