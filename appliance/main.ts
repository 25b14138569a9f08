import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { exitCode } from './cli/io.ts';
import { runProgram } from './cli/program.ts';
import { causeOf } from './host/cause.ts';
import { linuxHost } from './host/linux.ts';

declare const WEIR_VERSION: string | undefined;

/** Standard input as text; more than 64 MB is cut, which the document's own limit then refuses. */
async function readStdin(): Promise<string> {
  const limit = 64 * 1024 * 1024;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A line of standard input that nobody sees: at a terminal it is asked for and not echoed. */
async function readSecret(prompt: string): Promise<string> {
  if (!process.stdin.isTTY) return (await readStdin()).split(/\r?\n/)[0] ?? '';
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise<string>((resolve) => {
      terminal.once('line', resolve);
      terminal.once('close', () => resolve(''));
      terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

/** Ends in order when systemd or a person asks for it: only for what runs until then, other commands end at once as any program does. */
function ending(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => asked.abort());
  return asked.signal;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has gone (`weir schema | head`): not our failure.
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  process.stderr.write(`weir: the answer cannot be written: ${causeOf(error)}\n`, () => process.exit(exitCode.failed));
});
// Whom to tell that nobody can be told anything? The exit code says how it ended.
process.stderr.on('error', () => {});

process.exitCode = await runProgram(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stdin: readStdin,
  secret: readSecret,
  isTerminal: process.stderr.isTTY === true,
  host: linuxHost(),
  user: process.env.SUDO_USER ?? process.env.USER ?? process.env.LOGNAME ?? (process.getuid?.() === 0 ? 'root' : 'somebody'),
  connection: process.env.SSH_CONNECTION ?? null,
  ending,
  version: typeof WEIR_VERSION === 'string' ? WEIR_VERSION : '0.0.0-dev',
});
