import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type HaproxyMachine, renderHaproxy } from '../../proxy/haproxy/render.ts';
import {
  type Processes,
  parseInfo,
  parseProcesses,
  parseReload,
  type ReloadAnswer,
  reload,
  showInfo,
  showProcesses,
  toWorker,
  type WorkerInfo,
} from '../../proxy/haproxy/runtime.ts';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import type { DataPlane, VrrpInstance } from '../../proxy/model.ts';
import type { World } from './container.ts';
import { type Daemon, type Inside, insideWords, startDaemon } from './daemon.ts';
import { removeWorkFolder, workFolder } from './root.ts';
import { type Staged, stage } from './staged.ts';

/** The image's HAProxy, running what weir renders, as its unit runs it but for systemd. */
export interface Haproxy {
  /** What the current worker says of itself, asked through the master. */
  readonly info: () => Promise<WorkerInfo | null>;
  readonly processes: () => Promise<Processes | null>;
  /** A command for the worker's admin socket. */
  readonly ask: (command: string) => Promise<string>;
  /** Lays another data plane and has the master load it. */
  readonly reload: (plane: DataPlane, files?: Staged) => Promise<ReloadAnswer>;
  /** Has the master load what is laid once more. */
  readonly again: () => Promise<ReloadAnswer>;
  /** The mark of what was laid last. */
  readonly mark: () => string;
  /** Where its /run/weir is. */
  readonly folder: string;
  /** What it has said on its standard output and error. */
  readonly output: () => string;
  /** Kills it as a crash does; `start` has it back with the same files. */
  readonly kill: () => Promise<void>;
  /** Stops its processes for a time without ending them, as a machine does that gives them none. */
  readonly hang: (isHanging: boolean) => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Files of a data plane below /run/weir, as they are laid on the appliance. */
export function rendered(plane: DataPlane, machine: HaproxyMachine): Staged {
  const { config, beside } = renderHaproxy(plane, machine);
  return { '/run/weir/haproxy.cfg': { content: config, mode: 0o600 }, '/run/weir/haproxy.stats': '', ...Object.fromEntries(beside) };
}

/** What the running HAProxy reads: the files but what is taken out of its configuration, and but what keep-haproxy writes. */
function laid({ '/run/weir/haproxy.stats': _kept, ...files }: Staged, without: string | undefined): Staged {
  if (without === undefined) return files;
  const config = configIn(files);
  if (!config.includes(without)) throw new Error(`nothing is rendered as ${without}`);
  return { ...files, '/run/weir/haproxy.cfg': { content: config.replaceAll(without, ''), mode: 0o600 } };
}

/** One line to a UNIX socket, and all that it answers. */
export function askSocket(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ path });
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.end(command);
  });
}

/** Shell: /run/weir is a folder that the test sees too, and so are the sockets in HAProxy's chroot. */
const prepare = `
  mkdir -p "$work/root/run/weir" "$work/root/var/lib/haproxy/dev" "$work/root/var/lib/haproxy/run/weir/peers"
  mount --bind "$weir" "$work/root/run/weir"
  for folder in weir/binds servers; do
    mkdir -p "$work/root/run/$folder" "$work/root/var/lib/haproxy/run/$folder"
    mount --bind "$work/root/run/$folder" "$work/root/var/lib/haproxy/run/$folder"
  done
  mount --bind "$weir/peers" "$work/root/var/lib/haproxy/run/weir/peers"
`;

/** Runs one of the image's programs to its end. */
async function must(inside: Inside, argv: readonly string[]): Promise<void> {
  const [file = '', ...args] = insideWords(inside, argv);
  await execa(file, args);
}

/** A copy of the image's root in a world, with this folder as /run/weir. */
function inRoot(world: World, work: string, weir: string): Inside {
  return { world, work, prepare, variables: { weir } };
}

const haproxyArguments = ['haproxy', '-W', '-db', '-f', '/run/weir/haproxy.cfg', '-S', '/run/weir/haproxy-master.sock,mode,600'];
const machine: HaproxyMachine = { threads: null, maxconn: null, node: 'lb1', runDir: '/run/weir' };

/** How HAProxy is run otherwise than on the appliance: without a piece of its configuration, to see that a test needs it. */
export interface HaproxyOptions {
  readonly without?: string;
}

/** Starts HAProxy in a world with what a data plane renders as. `files` go beside: certificates, maps, resolv.conf. */
export async function startHaproxy(world: World, plane: DataPlane, files: Staged = {}, options: HaproxyOptions = {}): Promise<Haproxy> {
  return await runHaproxy(world, { ...files, ...rendered(plane, machine) }, options);
}

function configIn(files: Staged): string {
  const file = files['/run/weir/haproxy.cfg'];
  return typeof file === 'object' && 'content' in file ? String(file.content) : '';
}

/** A tool of the image as this checkout has it. */
async function tool(path: string): Promise<Staged> {
  return { [path]: { content: await readFile(join(import.meta.dirname, '../../image/rootfs', path)), mode: 0o755 } };
}

/** Starts HAProxy in a world with these files, haproxy.cfg among them; waits until its worker answers with the mark that this file carries. */
export async function runHaproxy(world: World, files: Staged, { without }: HaproxyOptions = {}): Promise<Haproxy> {
  const isOurs = (path: string) => path.startsWith('/run/weir/');
  const keeper = '/usr/lib/weir/keep-haproxy';
  const others = Object.fromEntries(Object.entries(files).filter(([path]) => !isOurs(path)));
  const work = await workFolder({ ...others, ...(await tool(keeper)) });
  const weir = join(work, 'weir');
  await mkdir(join(weir, 'binds'), { recursive: true });
  await mkdir(join(weir, 'peers'), { recursive: true });
  const inside = inRoot(world, work, weir);
  // mode and group as tmpfiles.d has them; the worker is in the group haproxy of the image
  await must(inside, ['sh', '-c', 'chgrp haproxy /run/weir/peers && chmod 710 /run/weir/peers']);
  const keep = (...args: readonly string[]) => must(inside, [keeper, ...args]);
  let mark = '';
  const lay = async (of: Staged) => {
    mark = markIn(configIn(of));
    const ours = Object.entries(laid(of, without)).filter(([path]) => isOurs(path));
    await stage(weir, Object.fromEntries(ours.map(([path, file]) => [path.replace(/^\/run\/weir/, ''), file])));
  };
  await lay(files);

  const master = (command: string) => askSocket(join(weir, 'haproxy-master.sock'), command);
  const info = async () => parseInfo(await master(toWorker(showInfo)));
  let daemon: Daemon;
  const start = async () => {
    await keep('--start');
    daemon = startDaemon(inside, haproxyArguments);
    for (const limit = performance.now() + 20_000; ; await sleep(25)) {
      if ((await info().catch(() => null))?.mark === mark) return;
      if (daemon.hasEnded() || performance.now() > limit) throw new Error(`HAProxy does not run its configuration: ${daemon.output()}`);
    }
  };
  const again = async () => {
    await keep();
    return parseReload(await master(reload));
  };
  const stop = async () => {
    await daemon.stop();
    await removeWorkFolder(work);
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    info,
    processes: async () => parseProcesses(await master(showProcesses)),
    ask: (command) => askSocket(join(weir, 'haproxy.sock'), `${command}\n`),
    reload: async (of, beside = {}) => {
      await lay({ ...beside, ...rendered(of, machine) });
      return await again();
    },
    again,
    mark: () => mark,
    folder: weir,
    output: () => daemon.output(),
    kill: () => daemon.stop(),
    hang: (isHanging) => daemon.signal(isHanging ? 'SIGSTOP' : 'SIGCONT'),
    start,
    stop,
  };
}

/** The mark that a haproxy.cfg carries, whatever has been changed in it since. */
function markIn(config: string): string {
  return /^ {4}description "weir ([0-9a-f]+)"$/m.exec(config)?.[1] ?? '';
}

/** keepalived of a node, beside the HAProxy that its script asks; both see the same /run/weir. */
export interface Keepalived {
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts keepalived as its unit does, with the image's own check. */
export async function startKeepalived(
  world: World,
  haproxy: Haproxy,
  instances: readonly VrrpInstance[],
  node: string,
): Promise<Keepalived> {
  const work = await workFolder(await tool('/usr/lib/weir/check-haproxy'));
  await stage(haproxy.folder, { '/keepalived.conf': renderKeepalived(instances, node) });
  const daemon = startDaemon(inRoot(world, work, haproxy.folder), [
    'keepalived',
    '--dont-fork',
    '--log-console',
    '--use-file=/run/weir/keepalived.conf',
  ]);
  return {
    output: daemon.output,
    stop: async () => {
      await daemon.stop();
      await removeWorkFolder(work);
    },
  };
}
