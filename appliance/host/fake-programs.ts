import type { Held, Path } from '../state/host-state.ts';
import type { World } from './fake.ts';
import type { Answer, RunResult } from './host.ts';

/** A program of the fake machine: what it does to the world, and what differs from "exit 0, no output". */
export type Program = (call: Call) => Partial<RunResult> | null;

/** One call of a program. */
export interface Call {
  readonly args: readonly string[];
  readonly input: string;
  readonly world: World;
  readonly serviceOf: (path: Path) => string | null;
}

/** The programs that the fake machine knows; every other one succeeds and says nothing. */
export const programs: Readonly<Record<string, Program>> = {
  '/usr/lib/weir/activate': ({ args, world, serviceOf }) => {
    for (const service of args) {
      const files = [...world.files].filter(([path]) => serviceOf(path) === service);
      if (files.length === 0) world.running.delete(service);
      else world.running.set(service, new Map(files));
    }
    return null;
  },
  'systemd-run': ({ args, world }) => {
    if (args.includes('--wait')) return null;
    const unit = args.find((arg) => arg.startsWith('--unit='))?.slice('--unit='.length) ?? '';
    if (world.timers.has(unit)) return { exitCode: 1, stderr: `Unit ${unit}.timer was already loaded` };
    world.timers.set(unit, args.at(-1) ?? '');
    return null;
  },
  systemctl: ({ args, world }) => {
    if (args[0] === 'stop') for (const unit of args.slice(1)) world.timers.delete(unit.replace(/\.timer$/, ''));
    const unit = args.at(-1) ?? '';
    if (args[0] === 'is-active')
      return world.running.has(unit === 'ssh' ? 'sshd' : unit) ? { stdout: 'active\n' } : { exitCode: 3, stdout: 'inactive\n' };
    return null;
  },
  nft: ({ args, world }) => (args.includes('list') ? { stdout: runningText(world, 'nftables', '/run/weir/nftables.conf') } : null),
  ip: () => ({ stdout: '[]' }),
};

/** What HAProxy's sockets answer: the mark of the configuration that was activated last. */
export function answerOf(world: World, socket: Path, command: string): Answer {
  const config = runningText(world, 'haproxy', '/run/weir/haproxy.cfg');
  if (!socket.startsWith('/run/weir/haproxy') || config === '') return { kind: 'silence', reason: 'absent' };
  if (command.trim().endsWith('show info')) {
    const mark = /description "([^"]*)"/.exec(config)?.[1] ?? '';
    return { kind: 'answer', text: `Name: HAProxy\nVersion: 3.0.11\nPid: 100\nUptime_sec: 1\ndescription: ${mark}\n` };
  }
  return { kind: 'answer', text: '' };
}

function runningText(world: World, service: string, path: Path): string {
  const held: Held | undefined = world.running.get(service)?.get(path);
  if (held === undefined) return '';
  return typeof held.content === 'string' ? held.content : held.content.reveal();
}
