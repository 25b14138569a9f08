import type { Host, RunResult } from '../host/host.ts';
import { rawMark } from '../state/diff.ts';
import { type Held, type HostState, plain } from '../state/host-state.ts';
import { places } from './places.ts';

/**
 * Runs with the staged files in the place of /run/weir, in a mount namespace of its own: paths inside configuration files are right, and the running
 * machine sees nothing of it. Names after the folder are made as links of a network namespace of its own.
 */
const sandbox = [
  'mount --bind "$1" /run/weir',
  'for link in $2; do ip link add "$link" type dummy 2>/dev/null || ip link add "$link" type bridge; done',
  'shift 2',
  'exec "$@"',
].join(' && ');

/**
 * Asks the real programs what they think of the files before any of them is laid; answers with what they refuse, by their own words. What they do not
 * notice (two binds of one port) weir's own checks have said before.
 */
export async function check(host: Host, target: HostState): Promise<readonly string[]> {
  const folder = `${places.staged}/${host.id()}`;
  const files = [...target].filter((entry): entry is [string, Held] => entry[1] !== null && entry[0].startsWith('/run/weir/'));
  try {
    await host.remove(places.staged);
    await host.putFolder(folder, new Map(files.map(([path, held]) => [path.slice(1), held])));
    const staged = { host, target, folder: `${folder}/run/weir` };
    return (await Promise.all([checkHaproxy(staged), checkKeepalived(staged), checkNftables(staged), checkSshd(staged)])).flat();
  } finally {
    // What stays because this fails goes at the next check, or the next start of the agent.
    await host.remove(places.staged).catch(() => {});
  }
}

interface Staged {
  readonly host: Host;
  readonly target: HostState;
  /** The folder that stands for /run/weir. */
  readonly folder: string;
}

/** HAProxy's own check. Warnings are fatal for what weir renders; raw lines may have harmless ones. */
async function checkHaproxy({ host, target, folder }: Staged): Promise<readonly string[]> {
  const held = target.get('/run/weir/haproxy.cfg');
  if (!held) return [];
  const strict = plain(held.content).includes(rawMark) ? [] : ['-dW'];
  const result = await inside(host, folder, null, ['haproxy', '-c', '-q', ...strict, '-f', '/run/weir/haproxy.cfg']);
  return verdict('haproxy -c', result);
}

/** keepalived refuses interfaces that do not exist, and ours may not exist yet: the check has links of these names to itself. */
async function checkKeepalived({ host, target, folder }: Staged): Promise<readonly string[]> {
  const held = target.get('/run/weir/keepalived.conf');
  if (!held) return [];
  const links = [...plain(held.content).matchAll(/^\s*(?:interface|dev)\s+(\S+)|\bdev\s+(\S+)/gm)].map((found) => found[1] ?? found[2]);
  const result = await inside(host, folder, [...new Set(links)].join(' '), [
    'keepalived',
    '--config-test',
    '--use-file=/run/weir/keepalived.conf',
  ]);
  return verdict('keepalived --config-test', result);
}

async function checkNftables({ host, target, folder }: Staged): Promise<readonly string[]> {
  if (!target.get('/run/weir/nftables.conf')) return [];
  return verdict('nft -c', await inside(host, folder, null, ['nft', '-c', '-f', '/run/weir/nftables.conf']));
}

/** sshd's check wants a host key, which is made at its first start: the check has one to itself. */
async function checkSshd({ host, target, folder }: Staged): Promise<readonly string[]> {
  if (!target.get('/run/weir/ssh/sshd_config')) return [];
  const key = `${folder}/check_key`;
  const made = await host.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  if (made.exitCode !== 0) return verdict('ssh-keygen', made);
  await host.run('mkdir', ['-p', '/run/sshd']);
  return verdict(
    'sshd -t',
    await inside(host, folder, null, ['/usr/sbin/sshd', '-t', '-f', '/run/weir/ssh/sshd_config', '-h', '/run/weir/check_key']),
  );
}

function inside(host: Host, folder: string, links: string | null, command: readonly string[]): Promise<RunResult> {
  const namespaces = ['--mount', '--propagation', 'private', ...(links === null ? [] : ['--net'])];
  return host.run('unshare', [...namespaces, '/bin/sh', '-c', sandbox, 'check', folder, links ?? '', ...command], { timeoutMs: 120_000 });
}

function verdict(program: string, { exitCode, stdout, stderr, timedOut }: RunResult): readonly string[] {
  if (exitCode === 0) return [];
  const words = `${stderr.trim()}\n${stdout.trim()}`.trim();
  return [`${program} refuses the files: ${timedOut ? 'it did not answer in time' : words || `exit code ${exitCode}`}`];
}
