/** What a worker is told of its servers while it serves, and how it says what they are (management guide, 9.3 "set server", "show servers state"). */

/** `ready`: serves as it is checked. `drain`: gets no new clients but those that persistence keeps there. `maint`: gets nothing and is not checked. */
export type AdminState = 'ready' | 'drain' | 'maint';

/** A server as a worker has it. */
export interface ServerState {
  readonly backend: string;
  readonly server: string;
  /** An IPv4 or IPv6 address, a path for a UNIX socket; `-`: none is known yet. */
  readonly address: string;
  readonly port: number;
  /** The name that its address is looked up by; null: its address stands in the configuration. */
  readonly name: string | null;
  readonly admin: AdminState;
  readonly configuredAdmin: AdminState;
  /** What it serves with, and what its configuration says, 0 to 256. */
  readonly weight: number;
  readonly configuredWeight: number;
}

/** Names as the configuration has them: nothing of them is another word or another command. */
const called = /^[A-Za-z0-9_.:-]+$/;

function of(backend: string, server: string): string {
  if (!called.test(backend) || !called.test(server)) throw new Error('not the name of a server');
  return `${backend}/${server}`;
}

/** On the admin socket: a server's state; an answer with words is a refusal. */
export function setState(backend: string, server: string, state: AdminState): string {
  return `set server ${of(backend, server)} state ${state}\n`;
}

/** On the admin socket: a server's weight, 0 to 256; an answer with words is a refusal, `100%` is what its configuration says. */
export function setWeight(backend: string, server: string, weight: number | '100%'): string {
  return `set server ${of(backend, server)} weight ${weight}\n`;
}

/** On the admin socket: where a server is, an IPv4 or IPv6 address and a port; it answers in words either way, `isMoved`. */
export function setAddress(backend: string, server: string, address: string, port: number): string {
  if (!/^[0-9A-Fa-f.:]+$/.test(address)) throw new Error('not an address');
  return `set server ${of(backend, server)} addr ${address} port ${port}\n`;
}

/** Whether the answer to `setAddress` says that the server is where it was told, from now on or before. */
export function isMoved(answer: string): boolean {
  return /changed from '|^nothing changed$/.test(answer);
}

/** On the admin socket: the servers of a backend, or of all; `parseServerStates`. */
export function showServerStates(backend: string | null): string {
  if (backend === null) return 'show servers state\n';
  if (!called.test(backend)) throw new Error('not the name of a backend');
  return `show servers state ${backend}\n`;
}

/** Bits of `srv_admin_state`: maintenance that was said or inherited, that of the configuration, and drain. */
const maintenance = 0x01 | 0x02;
const configuredMaintenance = 0x04;
const drain = 0x08 | 0x10;

/** Reads the answer to `showServerStates`, of version 1; empty where it is none. */
export function parseServerStates(answer: string): readonly ServerState[] {
  const [version, ...lines] = answer.split('\n');
  if (version?.trim() !== '1') return [];
  return lines.flatMap((line) => {
    if (line.startsWith('#')) return [];
    const fields = line.split(' ');
    const [, backend = '', , server = '', address = '-', , admin = '0', weight = '0', configured = '0'] = fields;
    if (fields.length < 19) return [];
    const bits = Number(admin);
    const name = fields[17] ?? '-';
    return [
      {
        backend,
        server,
        address,
        port: Number(fields[18]),
        name: name === '-' ? null : name,
        admin: (bits & maintenance) !== 0 ? 'maint' : (bits & drain) !== 0 ? 'drain' : 'ready',
        configuredAdmin: (bits & configuredMaintenance) !== 0 ? 'maint' : Number(configured) === 0 ? 'drain' : 'ready',
        weight: Number(weight),
        configuredWeight: Number(configured),
      },
    ];
  });
}
