import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { controllers, type Volume, volumeArguments } from './drives.ts';
import { killAtEnd, temporaryFolder } from './ending.ts';
import type { Run } from './root.ts';
import { shellArguments, shellOver } from './shell.ts';
import type { Staged } from './staged.ts';

/** How a guest differs from a machine with one network card that boots the built image through its BIOS. */
export interface GuestOptions {
  readonly firmware?: 'bios' | 'uefi';
  /** What the disk hangs on; virtio unless told. */
  readonly bus?: keyof typeof controllers;
  /** Bytes of the disk, when it shall be larger than the image's 4 GiB. */
  readonly diskBytes?: number;
  /** A disk that an earlier guest left (`disk` of a Guest); a fresh copy of the image unless told. */
  readonly disk?: string;
  /** Files of a volume for the first boot: config.yaml, node, certificates/… */
  readonly volume?: Staged;
  /** What that volume is called and hangs on; a FAT disk labelled WEIR on virtio unless told. */
  readonly volumeIs?: Partial<Omit<Volume, 'files'>>;
  /** Ports of this machine's loopback that lead to an address and port of the guest's network: `{ vip: '10.0.2.100:80' }`. */
  readonly forward?: Readonly<Record<string, string>>;
  /** More QEMU arguments, such as further network cards. */
  readonly extra?: readonly string[];
  /** Boots without the root shell: exactly what a customer's hypervisor would start. `run` then fails. */
  readonly sealed?: boolean;
  readonly memoryMb?: number;
}

/** The image, booted in QEMU. */
export interface Guest {
  /** All that the serial console said so far, without terminal escapes. */
  readonly said: () => string;
  /** Waits until the console says it (after position `from` of `said()`); fails with the console's end when it does not. */
  readonly waitFor: (pattern: RegExp, timeoutMs?: number, from?: number) => Promise<RegExpExecArray>;
  /** Types on the serial console. */
  readonly type: (text: string) => void;
  /** Runs a program inside, as root. */
  readonly run: Run;
  /** Talks to QEMU: a QMP command and its arguments. */
  readonly qmp: (execute: string, parameters?: object) => Promise<unknown>;
  /** A line of QEMU's own monitor, such as `savevm ready` and `loadvm ready`; fails when the monitor complains. */
  readonly monitor: (line: string) => Promise<string>;
  /** The port of 127.0.0.1 that leads to what `forward` named. */
  readonly port: (name: string) => number;
  /** Its disk, which outlives a power cut and can be given to the next guest. */
  readonly disk: string;
  /** The frames of its first card so far, as a pcap file. */
  readonly capture: string;
  /** Ends it at this instant, as a power cut does (kill -9); the disk stays until the folder goes with `remove`. */
  readonly powerCut: () => Promise<void>;
  /** Ends it and takes away all that was made for it. */
  readonly remove: () => Promise<void>;
}

/** The image that image/build makes. */
export const image = join(import.meta.dirname, '../../build/weir.qcow2');

/** A port of 127.0.0.1 that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

async function connectTo(path: string): Promise<Socket> {
  for (let tries = 0; ; tries++) {
    const socket = connect(path);
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', resolve);
    });
    if (!error) return socket;
    if (tries === 100) throw error;
    await sleep(50);
  }
}

/** QMP: one JSON object a line, an answer for each command; events are passed over. */
async function machineProtocol(path: string): Promise<Guest['qmp']> {
  const socket = await connectTo(path);
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const answer = JSON.parse(line);
    if ('return' in answer) waiting.shift()?.resolve(answer.return);
    if ('error' in answer) waiting.shift()?.reject(new Error(answer.error.desc));
  });
  lines.on('error', () => undefined);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const command of waiting.splice(0)) command.reject(new Error('QEMU has ended'));
  });
  const qmp: Guest['qmp'] = (execute, parameters = {}) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      socket.write(`${JSON.stringify({ execute, arguments: parameters })}\n`);
    });
  await qmp('qmp_capabilities');
  return qmp;
}

/** Boots the image in QEMU: two CPUs, a card in QEMU's user network 10.0.2.0/24 (this machine is 10.0.2.2 there). */
export async function bootGuest(options: GuestOptions = {}): Promise<Guest> {
  if (!existsSync(image)) throw new Error(`${image} is not there: image/build makes it`);
  const work = temporaryFolder('guest');
  const at = (name: string) => join(work, name);
  const disk = options.disk ?? at('disk.qcow2');
  if (!options.disk) {
    await execa('qemu-img', [
      'create',
      '-q',
      '-f',
      'qcow2',
      '-b',
      image,
      '-F',
      'qcow2',
      disk,
      ...(options.diskBytes ? [`${options.diskBytes}`] : []),
    ]);
  }
  const firmware: string[] = [];
  if (options.firmware === 'uefi') {
    // Both as drives of QEMU; the variables as qcow2, or the guest's state could not be saved
    await cp('/usr/share/OVMF/OVMF_VARS_4M.fd', at('vars.fd'));
    await execa('qemu-img', ['convert', '-O', 'qcow2', at('vars.fd'), at('vars.qcow2')]);
    firmware.push('-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd');
    firmware.push('-drive', `if=pflash,unit=1,format=qcow2,file=${at('vars.qcow2')}`);
  }
  const ports = new Map<string, number>();
  for (const name of Object.keys(options.forward ?? {})) ports.set(name, await freePort());
  const forwards = Object.entries(options.forward ?? {}).map(([name, to]) => `,hostfwd=tcp:127.0.0.1:${ports.get(name)}-${to}`);
  const { stdout: accelerator } = await execa('image/accelerator', ['build/slot/vmlinuz']);
  const volume = options.volume
    ? await volumeArguments(work, { files: options.volume, label: 'WEIR', on: 'virtio', ...options.volumeIs })
    : [];

  const child = execa(
    'setpriv',
    [
      ...[
        '--pdeathsig',
        'KILL',
        'qemu-system-x86_64',
        '-machine',
        'q35',
        '-accel',
        accelerator,
        '-cpu',
        accelerator === 'kvm' ? 'host' : 'max',
      ],
      ...['-smp', '2', '-m', `${options.memoryMb ?? 1024}`, '-display', 'none', '-nodefaults', '-vga', 'std', '-device', 'virtio-rng-pci'],
      ...firmware,
      ...['-chardev', `socket,id=console,path=${at('console')},server=on,wait=on`, '-serial', 'chardev:console'],
      ...(options.sealed ? [] : shellArguments(at('shell'))),
      ...['-qmp', `unix:${at('qmp')},server=on,wait=off`],
      ...['-drive', `file=${disk},if=none,id=disk,format=qcow2,cache=writeback`, ...controllers[options.bus ?? 'virtio'], ...volume],
      ...['-netdev', `user,id=net,net=10.0.2.0/24${forwards.join('')}`, '-device', 'virtio-net-pci,netdev=net,mac=52:54:00:00:00:01'],
      ...['-object', `filter-dump,id=capture,netdev=net,file=${at('capture.pcap')}`],
      ...(options.extra ?? []),
    ],
    { reject: false, stdin: 'ignore', all: true },
  );
  const pid = child.pid;
  if (pid === undefined) throw new Error('setpriv is not there: install util-linux');
  let alive = true;
  const hasEnded = killAtEnd(pid);
  const ended = child.then((result) => {
    alive = false;
    hasEnded();
    return result.all;
  });

  let said = '';
  /** A step of its start, which fails with QEMU's own words when those are the reason. */
  const starting = <T>(step: Promise<T>): Promise<T> =>
    Promise.race([step, ended.then(() => Promise.reject())]).catch(async (error) => {
      await Promise.race([ended, sleep(1000)]);
      throw alive ? error : new Error(`QEMU did not start: ${await ended}`);
    });
  const console = await starting(connectTo(at('console')));
  console.setEncoding('utf8');
  console.on('error', () => undefined);
  console.on('data', (text: string) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes are control characters
    said = (said + text).replace(/\x1b(\[[0-9;?!]*[A-Za-z]|[()][A-Z0-9]|[=>c])/g, '');
  });
  const qmp = await starting(machineProtocol(at('qmp')));
  const run: Run = options.sealed
    ? () => Promise.reject(new Error('this guest is sealed: no root shell'))
    : shellOver(await starting(connectTo(at('shell'))));
  const powerCut = async () => {
    if (alive) process.kill(pid, 'SIGKILL');
    await ended;
  };
  return {
    said: () => said,
    waitFor: async (pattern, timeoutMs = 240_000, from = 0) => {
      for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100)) {
        const found = pattern.exec(said.slice(from));
        if (found) return found;
        if (!alive) throw new Error(`QEMU has ended: ${await ended}`);
      }
      throw new Error(`the console did not say ${pattern} in ${timeoutMs} ms; it ended with:\n${said.slice(-2000)}`);
    },
    type: (text) => void console.write(text),
    run,
    qmp,
    monitor: async (line) => {
      const answer = `${await qmp('human-monitor-command', { 'command-line': line })}`;
      if (/error/i.test(answer)) throw new Error(`${line}: ${answer}`);
      return answer;
    },
    port: (name) => ports.get(name) ?? Number.NaN,
    disk,
    capture: at('capture.pcap'),
    powerCut,
    remove: async () => {
      await powerCut();
      await rm(work, { recursive: true, force: true });
    },
  };
}
