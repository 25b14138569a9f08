import { createServer, type Server, type Socket } from 'node:net';

/** What an agent has been told: the messages of each question, with their arguments as texts, and on which connection. */
export interface Notified {
  readonly connection: number;
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Types of frames (SPOE.txt, 3.2.2). */
const HAPROXY_HELLO = 1;
const HAPROXY_DISCONNECT = 2;
const NOTIFY = 3;
const AGENT_HELLO = 101;
const AGENT_DISCONNECT = 102;
const ACK = 103;

/** Scopes of variables (SPOE.txt, 3.4). */
const SCOPES = { proc: 0, sess: 1, txn: 2, req: 3, res: 4 } as const;

/** Bytes that are read one value after the other. */
interface Reader {
  readonly bytes: Buffer;
  at: number;
}

/** A number of any length (SPOE.txt, 3.1). */
function varint(value: number): Buffer {
  if (value < 240) return Buffer.from([value]);
  const bytes = [(value & 15) | 240];
  let rest = Math.floor((value - 240) / 16);
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor((rest - 128) / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function readVarint(reader: Reader): number {
  let value = reader.bytes[reader.at++] ?? 0;
  if (value < 240) return value;
  for (let scale = 16; ; scale *= 128) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value += byte * scale;
    if (byte < 128) return value;
  }
}

const text = (value: string): Buffer => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
const typedText = (value: string): Buffer => Buffer.concat([Buffer.from([8]), text(value)]);
const typedNumber = (value: number): Buffer => Buffer.concat([Buffer.from([4]), varint(value)]);

function readText(reader: Reader): string {
  const length = readVarint(reader);
  reader.at += length;
  return reader.bytes.toString('latin1', reader.at - length, reader.at);
}

/** A value of any type, as a text. */
function readTyped(reader: Reader): string {
  const type = reader.bytes[reader.at++] ?? 0;
  const address = (length: number) => {
    reader.at += length;
    return reader.bytes.subarray(reader.at - length, reader.at);
  };
  switch (type & 15) {
    case 0:
      return '';
    case 1:
      return String(type >= 16);
    case 6:
      return [...address(4)].join('.');
    case 7:
      return address(16).toString('hex');
    case 8:
    case 9:
      return readText(reader);
    default:
      return String(readVarint(reader));
  }
}

function readPairs(reader: Reader, count = Number.POSITIVE_INFINITY): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  while (pairs.length < count && reader.at < reader.bytes.length) pairs.push([readText(reader), readTyped(reader)]);
  return Object.fromEntries(pairs.map(([name, value], index) => [name === '' ? String(index) : name, value]));
}

function frame(type: number, stream: number, id: number, payload: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from([type, 0, 0, 0, 1]), varint(stream), varint(id), payload]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** A variable that HAProxy is to set: `txn.score`. */
function setVariable(variable: string, value: Buffer): Buffer {
  const [scope = 'txn', ...name] = variable.split('.');
  return Buffer.concat([Buffer.from([1, 3, SCOPES[scope as keyof typeof SCOPES]]), text(name.join('.')), value]);
}

/**
 * An agent that judges addresses: a message with `ip` is answered with the variable `score`, 10 for 203.0.113.101 and 90 for others, in the scope that
 * the message asks for in `scope` (txn); `sets` names a further variable that gets the text `told`. A message with `ms` is answered so much later. What
 * it has been told is handed to `tell`.
 */
export function spopServer(tell: (notified: Notified) => void): Server {
  let connections = 0;
  return createServer((socket) => serve(socket, ++connections, tell));
}

function serve(socket: Socket, connection: number, tell: (notified: Notified) => void): void {
  let unread: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  const hello = (payload: Reader) => {
    const { healthcheck, 'max-frame-size': size = '16380' } = readPairs(payload);
    const said = [text('version'), typedText('2.0'), text('max-frame-size'), Buffer.concat([Buffer.from([3]), varint(Number(size))])];
    socket.write(frame(AGENT_HELLO, 0, 0, Buffer.concat([...said, text('capabilities'), typedText('pipelining,async')])));
    if (healthcheck === 'true') socket.end();
  };
  const notify = (stream: number, id: number, payload: Reader) => {
    const messages: Record<string, Readonly<Record<string, string>>> = {};
    while (payload.at < payload.bytes.length) {
      const name = readText(payload);
      messages[name] = readPairs(payload, payload.bytes[payload.at++] ?? 0);
    }
    tell({ connection, messages });
    const actions = Object.values(messages).flatMap(({ ip, scope = 'txn', sets }) => [
      ...(ip === undefined ? [] : [setVariable(`${scope}.score`, typedNumber(ip === '203.0.113.101' ? 10 : 90))]),
      ...(sets === undefined ? [] : [setVariable(sets, typedText('told'))]),
    ]);
    const ms = Math.max(0, ...Object.values(messages).map(({ ms = '0' }) => Number(ms)));
    setTimeout(() => socket.destroyed || socket.write(frame(ACK, stream, id, Buffer.concat(actions))), ms);
  };
  socket.on('data', (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes]);
    while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE(0)) {
      const end = 4 + unread.readUInt32BE(0);
      const reader: Reader = { bytes: unread.subarray(4, end), at: 5 };
      const [stream, id] = [readVarint(reader), readVarint(reader)];
      unread = unread.subarray(end);
      const type = reader.bytes[0];
      if (type === HAPROXY_HELLO) hello(reader);
      else if (type === NOTIFY) notify(stream, id, reader);
      else if (type === HAPROXY_DISCONNECT)
        socket.end(
          frame(AGENT_DISCONNECT, 0, 0, Buffer.concat([text('status-code'), Buffer.from([3, 0]), text('message'), typedText('normal')])),
        );
    }
  });
}
