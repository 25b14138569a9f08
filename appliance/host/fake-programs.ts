import { X509Certificate } from 'node:crypto';
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

/** Units that run whatever the document says. */
const always = ['systemd-networkd', 'systemd-resolved', 'rsyslog'];

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
  '/usr/lib/weir/restore': ({ world, serviceOf }) => {
    const link = world.files.get('/data/weir/confirmed');
    const rendered = `/data/weir/${link?.content}/rendered`;
    for (const path of textOf(world, '/run/weir/manifest').split('\n')) world.files.delete(path);
    for (const row of textOf(world, '/run/weir/originals').split('\n')) setValue(world, ...row.split('\t'));
    for (const path of textOf(world, `${rendered}/manifest`).split('\n').filter(Boolean))
      world.files.set(path, world.files.get(`${rendered}${path}`) as Held);
    for (const { path, value } of JSON.parse(textOf(world, `${rendered}/knobs.json`) || '[]')) setValue(world, path, value);
    for (const path of ['/run/weir/manifest', '/run/weir/apply.json', '/run/weir/apply.step']) world.files.delete(path);
    const manifest = world.files.get(`${rendered}/manifest`);
    if (manifest) world.files.set('/run/weir/manifest', manifest);
    world.running.clear();
    for (const [path, held] of world.files) {
      const service = serviceOf(path);
      if (service !== null) world.running.set(service, new Map(world.running.get(service)).set(path, held));
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
    if (args[0] === 'kill' && unit === 'keepalived') world.files.set('/run/keepalived/keepalived.json', runningInstances(world));
    if (args[0] === 'is-active')
      return always.includes(unit) || world.running.has(unit === 'ssh' ? 'sshd' : unit)
        ? { stdout: 'active\n' }
        : { exitCode: 3, stdout: 'inactive\n' };
    return null;
  },
  nft: ({ args, world }) => (args.includes('list') ? { stdout: runningText(world, 'nftables', '/run/weir/nftables.conf') } : null),
  ip: () => ({ stdout: '[]' }),
  keepalived: ({ args }) => (args[0] === '--signum=JSON' ? { stdout: '36' } : null),
};

/** What HAProxy's sockets answer: the mark of the configuration that was activated last. */
export function answerOf(world: World, socket: Path, command: string): Answer {
  const config = runningText(world, 'haproxy', '/run/weir/haproxy.cfg');
  if (!socket.startsWith('/run/weir/haproxy') || config === '') return { kind: 'silence', reason: 'absent' };
  if (command.trim().endsWith('show info')) {
    const mark = /description "([^"]*)"/.exec(config)?.[1] ?? '';
    return { kind: 'answer', text: `Name: HAProxy\nVersion: 3.0.11\nPid: 100\nUptime_sec: 1\ndescription: ${mark}\n` };
  }
  return { kind: 'answer', text: certificateAnswer(world, command) };
}

/** Certificates at HAProxy's socket: what is set waits until it is committed or aborted, then the worker runs it. */
function certificateAnswer(world: World, command: string): string {
  const [, verb = '', path = '', payload = ''] =
    /^(?:@1 )?(set|commit|abort|show) ssl cert (\S+)(?: <<\n([\s\S]*?)\n\n)?/.exec(command) ?? [];
  const [runs, waits] = [new Map(world.running.get('haproxy')), new Map(world.running.get('haproxy, not committed'))];
  const held = waits.get(path);
  if (verb === 'show') return shownCertificate(text(runs.get(path)));
  if (verb === '' || !runs.has(path) || (verb !== 'set' && held === undefined)) return 'Not found.\n';
  if (verb === 'set') waits.set(path, { ...(world.files.get(path) as Held), content: `${payload}\n` });
  else waits.delete(path);
  if (waits.size === 0) world.running.delete('haproxy, not committed');
  else world.running.set('haproxy, not committed', waits);
  if (verb === 'commit' && held !== undefined) world.running.set('haproxy', runs.set(path, held));
  return verb === 'set' ? `Transaction created for certificate ${path}!\n` : 'Success!\n';
}

function shownCertificate(pem: string): string {
  const { serialNumber, fingerprint, validTo } = new X509Certificate(pem);
  return `Serial: ${serialNumber}\nnotAfter: ${validTo}\nSHA1 FingerPrint: ${fingerprint.replaceAll(':', '')}\n`;
}

/** What keepalived writes of itself: the instances of the configuration that was activated last. */
function runningInstances(world: World): Held {
  const config = runningText(world, 'keepalived', '/run/weir/keepalived.conf');
  const vrrp = [...config.matchAll(/^vrrp_instance (\S+) \{\n(.*?)^\}/gms)].map(([, iname, body = '']) => {
    const value = (word: string) => new RegExp(`^ +${word} (\\S+)$`, 'm').exec(body)?.[1] ?? '';
    const vips = [...body.matchAll(/^ +(\S+)\/\d+$/gm)].map(([, vip]) => `${vip} dev ${value('interface')} scope global set`);
    const numbers = {
      vrid: Number(value('virtual_router_id')),
      base_priority: Number(value('priority')),
      adver_int: Number(value('advert_int')),
    };
    return { data: { iname, ifp_ifname: value('interface'), ...numbers, vips } };
  });
  return { content: JSON.stringify({ vrrp }), mode: 0o600, owner: 'root:root' };
}

function runningText(world: World, service: string, path: Path): string {
  return text(world.running.get(service)?.get(path));
}

function textOf(world: World, path: Path): string {
  return text(world.files.get(path));
}

function text(held: Held | undefined): string {
  if (held === undefined) return '';
  return typeof held.content === 'string' ? held.content : `${held.content.reveal?.()}`;
}

function setValue(world: World, path = '', value = ''): void {
  const held = world.files.get(path);
  if (held) world.files.set(path, { ...held, content: value });
}
