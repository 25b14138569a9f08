import { connect } from 'node:net';
import type { Answer } from './host.ts';
import { errno } from './host.ts';

const maxAnswer = 64 * 1024 * 1024;

/** See {@link Host.ask}. */
export function ask(path: string, command: string, timeoutMs = 5000): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = connect(path);
    const timer = setTimeout(() => finish({ kind: 'silence', reason: 'timeout' }), timeoutMs);
    const finish = (answer: Answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    // HAProxy's master waits for more until our side has ended.
    socket.on('connect', () => socket.end(command.endsWith('\n') ? command : `${command}\n`));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxAnswer) finish({ kind: 'silence', reason: 'too long' });
    });
    socket.on('end', () => finish({ kind: 'answer', text: Buffer.concat(chunks).toString('utf8') }));
    socket.on('error', (error) => finish({ kind: 'silence', reason: errno(error) === 'ENOENT' ? 'absent' : 'refused' }));
  });
}
