import { createServer, type Server, type Socket } from 'node:net';

/** What a FastCGI application got to see (FastCGI specification 1.0). */
export interface FcgiAnswered {
  readonly server: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: string;
  /** Which of its connections this is, from 1, and whether it is asked to keep it. */
  readonly connection: number;
  readonly isKept: boolean;
  /** Names of values that HAProxy has asked for on this connection. */
  readonly asked: readonly string[];
}

/** Record types (FastCGI specification, 8). */
const BEGIN = 1;
const END = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const STDERR = 7;
const GET_VALUES = 9;
const GET_VALUES_RESULT = 10;

function record(type: number, id: number, content: Buffer): Buffer {
  const head = Buffer.from([1, type, id >> 8, id & 255, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

/** Names and values, each with its length in one byte or four (FastCGI specification, 3.4). */
function pairs(bytes: Buffer): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  let at = 0;
  const length = (): number => {
    const first = bytes[at] ?? 0;
    const long = first > 127;
    const value = long ? bytes.readUInt32BE(at) & 0x7fffffff : first;
    at += long ? 4 : 1;
    return value;
  };
  while (at < bytes.length) {
    const [name, value] = [length(), length()];
    found[bytes.toString('latin1', at, at + name)] = bytes.toString('latin1', at + name, at + name + value);
    at += name + value;
  }
  return found;
}

interface Request {
  readonly isKept: boolean;
  params: Buffer;
  body: Buffer;
}

/** A FastCGI application: every answer is what it got to see. A query `ms=100` makes it wait, `complain` write to its standard error. */
export function fcgiServer(server: string): Server {
  let connections = 0;
  return createServer((socket) => serve(socket, server, ++connections));
}

function serve(socket: Socket, server: string, connection: number): void {
  const requests = new Map<number, Request>();
  const asked: string[] = [];
  let unread: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  const answer = (id: number, { isKept, params: encoded, body }: Request) => {
    const params = pairs(encoded);
    const query = new URLSearchParams(params.QUERY_STRING ?? '');
    const seen: FcgiAnswered = { server, params, body: body.toString('latin1'), connection, isKept, asked };
    const text = `Status: ${query.get('status') ?? '200 OK'}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(seen)}`;
    const records = [
      ...(query.has('complain') ? [record(STDERR, id, Buffer.from(query.get('complain') ?? ''))] : []),
      record(STDOUT, id, Buffer.from(text)),
      record(STDOUT, id, Buffer.alloc(0)),
      record(END, id, Buffer.alloc(8)),
    ];
    setTimeout(
      () => {
        if (socket.destroyed) return;
        socket.write(Buffer.concat(records));
        if (!isKept) socket.end();
      },
      Number(query.get('ms') ?? 0),
    );
  };
  const take = (type: number, id: number, content: Buffer) => {
    const request = requests.get(id);
    if (type === BEGIN) requests.set(id, { isKept: ((content[2] ?? 0) & 1) === 1, params: Buffer.alloc(0), body: Buffer.alloc(0) });
    else if (type === GET_VALUES) {
      asked.push(...Object.keys(pairs(content)));
      socket.write(record(GET_VALUES_RESULT, 0, Buffer.concat([Buffer.from([15, 1]), Buffer.from('FCGI_MPXS_CONNS1')])));
    } else if (type === PARAMS && request !== undefined) request.params = Buffer.concat([request.params, content]);
    else if (type === STDIN && request !== undefined) {
      request.body = Buffer.concat([request.body, content]);
      if (content.length > 0) return;
      requests.delete(id);
      answer(id, request);
    }
  };
  socket.on('data', (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes]);
    while (unread.length >= 8) {
      const length = unread.readUInt16BE(4);
      const end = 8 + length + (unread[6] ?? 0);
      if (unread.length < end) return;
      take(unread[1] ?? 0, unread.readUInt16BE(2), unread.subarray(8, 8 + length));
      unread = unread.subarray(end);
    }
  });
}
