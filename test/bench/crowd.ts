/**
 * Runs in the network outside: a server, and clients that stay connected in one state. One JSON object a line on standard input, one answer a line on
 * standard output. Started by capacity.ts.
 */
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as tlsConnect, createServer as tlsServer } from 'node:tls';

/** What connections do once they are there: nothing after one answer, or hold the buffers of the answer full, or those of the request too. */
export type Stillness = 'idle' | 'answer' | 'both';

/** What the process is told. */
export type Order =
  | {
      readonly do: 'serve';
      readonly address: string;
      readonly port: number;
      readonly tls: { readonly key: string; readonly cert: string } | null;
    }
  | {
      readonly do: 'open';
      readonly address: string;
      readonly port: number;
      readonly count: number;
      readonly protocol: 'tcp' | 'h1' | 'h2';
      readonly isTls: boolean;
      readonly state: Stillness;
    }
  | { readonly do: 'close' };

const block = Buffer.alloc(65_536, 'x');
const endless = 2 ** 40;
const held = new Set<Socket>();

/** Writes for as long as the other side takes more, and never reads again. */
function fill(socket: Socket): void {
  socket.pause();
  const write = () => {
    while (socket.writable && socket.write(block)) {}
  };
  socket.on('drain', write);
  write();
}

function answer(socket: Socket, asked: string): void {
  if (/idle/.test(asked)) socket.write(/HTTP/.test(asked) ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok' : 'ok');
  if (!/answer|both/.test(asked)) return;
  if (/HTTP/.test(asked)) socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${endless}\r\n\r\n`);
  fill(socket);
}

function serve({ address, port, tls }: Extract<Order, { do: 'serve' }>): Promise<void> {
  const accept = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => answer(socket, data.subarray(0, 4096).toString('latin1')));
  };
  const server = tls === null ? createServer(accept) : tlsServer(tls, accept);
  return new Promise((resolve) => server.listen(port, address, 16_384, resolve));
}

/** A frame of HTTP/2 (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Preface, settings (the largest window), the connection's window, and one request; names by the static table of HPACK (RFC 7541, appendix A). */
function h2Request(state: Stillness): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const window = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(2 ** 31 - 1 - 65_535);
  const method = state === 'both' ? 0x83 : 0x82;
  const headers = Buffer.concat([Buffer.from([method, 0x87, 0x04]), text(`/${state}`), Buffer.from([0x41]), text('h')]);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(4, 0, 0, window),
    frame(8, 0, 0, increment),
    frame(1, state === 'both' ? 4 : 5, 1, headers),
    // As much of a body as the window allows that every server grants at first (RFC 9113, 6.9.2).
    ...(state === 'both' ? [1, 2, 3].map(() => frame(0, 0, 1, block.subarray(0, 16_384))) : []),
  ]);
}

function request(protocol: 'tcp' | 'h1' | 'h2', state: Stillness): Buffer {
  if (protocol === 'h2') return h2Request(state);
  if (protocol === 'tcp') return Buffer.from(state);
  const body = state === 'both' ? `content-length: ${endless}\r\n` : '';
  return Buffer.from(`${state === 'both' ? 'POST' : 'GET'} /${state} HTTP/1.1\r\nhost: h\r\n${body}\r\n`);
}

/** Opens one connection and brings it into its state; resolves when it is there. */
function open({ address, port, protocol, isTls, state }: Extract<Order, { do: 'open' }>): Promise<void> {
  return new Promise((resolve, reject) => {
    const to = { host: address, port, rejectUnauthorized: false, ALPNProtocols: protocol === 'h2' ? ['h2'] : ['http/1.1'] };
    const socket = isTls ? tlsConnect(to) : netConnect(to);
    held.add(socket);
    socket.on('error', reject);
    socket.on('close', () => held.delete(socket));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      socket.write(request(protocol, state));
      if (state === 'answer' || (state === 'both' && protocol === 'h2')) socket.pause();
      else if (state === 'both') fill(socket);
      if (state === 'idle') socket.once('data', () => resolve());
      else resolve();
    });
  });
}

/** So many at a time that nothing waits long. */
const together = 50;

async function obey(order: Order): Promise<number> {
  if (order.do === 'serve') await serve(order);
  if (order.do === 'open') {
    let left = order.count;
    const one = async () => {
      while (left-- > 0) await open(order);
    };
    await Promise.all(Array.from({ length: together }, one));
  }
  if (order.do === 'close') for (const socket of held) socket.destroy();
  return held.size;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  obey(JSON.parse(line) as Order).then(
    (connections) => console.log(JSON.stringify({ connections })),
    (error: Error) => console.log(JSON.stringify({ error: error.message })),
  );
});
