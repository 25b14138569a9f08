import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { errno, type Spoken, type Talk } from './host.ts';

/** Most that is kept of an answer. */
const longestAnswer = 1024 * 1024;

/** See {@link Host.converse}. */
export function converse(path: string, { preamble, tls, text, isWhole, timeoutMs }: Talk): Promise<Spoken> {
  return new Promise((resolve) => {
    let heard = '';
    let certificate: string | null = null;
    let isConnected = false;
    let why: string | null = null;
    const socket = connect(path);
    const finish = () => {
      clearTimeout(timer);
      secured?.destroy();
      socket.destroy();
      resolve(isConnected ? { kind: 'spoken', text: heard, certificate, trouble: why } : { kind: 'silence' });
    };
    let secured: TLSSocket | null = null;
    const timer = setTimeout(() => {
      why = 'there was no answer in time';
      finish();
    }, timeoutMs);
    const fail = (error: Error) => {
      why = errno(error) === null ? error.message : `${errno(error)}: ${error.message}`;
      finish();
    };
    const listen = (stream: typeof socket) => {
      stream.on('error', fail);
      stream.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        if (isWhole(heard) || heard.length > longestAnswer) finish();
      });
      stream.on('close', finish);
    };
    socket.on('error', fail);
    socket.on('connect', () => {
      isConnected = true;
      socket.write(preamble);
      if (tls === null) {
        listen(socket);
        if (text === null) socket.end();
        else socket.write(text, 'latin1');
        return;
      }
      // whose certificate it is matters to nobody here, and it is told
      secured = connectTls(
        {
          socket,
          ALPNProtocols: [...tls.alpn],
          rejectUnauthorized: false,
          ...(tls.servername === null ? {} : { servername: tls.servername }),
        },
        () => {
          certificate = secured?.getPeerCertificate().subjectaltname ?? null;
          if (text === null) secured?.end();
          else secured?.write(text, 'latin1');
        },
      );
      listen(secured);
    });
  });
}
