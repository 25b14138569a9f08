import { type Complaint, parseComplaints, placeOfComplaint } from '../../proxy/haproxy/complaint.ts';
import type { Origins, Place } from '../../proxy/haproxy/line.ts';
import { rawMark } from '../../proxy/haproxy/quote.ts';
import type { Problem } from '../config/problem.ts';
import type { Host, RunResult } from '../host/host.ts';
import { takenSockets } from '../state/bind-sockets.ts';
import { type Held, type HostState, plain, textFile } from '../state/host-state.ts';
import { takenPorts } from './check-ports.ts';
import { places } from './places.ts';

/** What the real programs refuse, by their own words: with the part of the document that they speak of, or without. */
export interface Refused {
  readonly problems: readonly Problem[];
  readonly reasons: readonly string[];
}

/**
 * Asks the real programs what they think of the files before any of them is laid; null: they take them. What they do not notice (two binds of one port)
 * weir's own checks have said before, or say here (a port or a path that somebody else has). `origins`: whose each line of HAProxy's files is.
 */
export async function check(host: Host, target: HostState, observed: HostState, origins: Origins): Promise<Refused | null> {
  const folder = `${places.staged}/${host.id()}`;
  const files = [...target].filter((entry): entry is [string, Held] => entry[1] !== null && entry[0].startsWith('/run/weir/'));
  try {
    await host.remove(places.staged);
    // HAProxy warns where it finds no counters
    const laid = [...files, [places.counters, textFile('')] as const];
    await host.putFolder(folder, new Map(laid.map(([path, held]) => [path.slice(1), held])));
    const staged = { host, target, folder: `${folder}/run/weir` };
    const config = (state: HostState) => plain(state.get('/run/weir/haproxy.cfg')?.content ?? '');
    const ports = takenPorts(host, config(observed), config(target));
    const others = [checkKeepalived(staged), checkNftables(staged), checkSshd(staged), ports];
    const [{ problems, reasons }, ...said] = await Promise.all([checkHaproxy(staged, origins), ...others]);
    const all = [...reasons, ...said.flat(), ...takenSockets(target, observed)];
    return problems.length + all.length === 0 ? null : { problems, reasons: all };
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
async function checkHaproxy({ host, target, folder }: Staged, origins: Origins): Promise<Refused> {
  if (!target.get('/run/weir/haproxy.cfg')) return { problems: [], reasons: [] };
  const result = await inside(host, folder, [], ['haproxy', '-c', '-f', '/run/weir/haproxy.cfg']);
  const all = parseComplaints(result.stderr);
  const files = new Set(all.flatMap(({ file }) => (file === null ? [] : [file])));
  const lines = new Map([...files].map((path) => [path, plain(target.get(path)?.content ?? '').split('\n')]));
  const lineOf = ({ file, line }: Complaint) => (file === null || line === null ? undefined : lines.get(file)?.[line - 1]);
  const isOurs = (complaint: Complaint) => lineOf(complaint)?.endsWith(rawMark) === false;
  const complaints = all.filter((complaint) => complaint.isFatal || isOurs(complaint));
  if (complaints.length === 0) return { problems: [], reasons: verdict('haproxy -c', result) };
  const told = complaints.map((complaint) => ({ complaint, at: placeOfComplaint(complaint, origins) }));
  return {
    problems: told.flatMap(({ complaint, at }) => (at === null ? [] : [haproxyProblem(complaint, at, lineOf(complaint)?.trim() ?? '')])),
    reasons: told.flatMap(({ complaint, at }) =>
      at === null ? [`haproxy -c refuses the files: ${saidOf(complaint, lineOf(complaint))}`] : [],
    ),
  };
}

/** HAProxy's words, and the line of its own files that they are about. */
function saidOf({ message, file, line }: Complaint, text: string | undefined): string {
  return line === null ? message : `${message}\n${file?.endsWith('/haproxy.cfg') ? '' : `${file} `}line ${line}: ${(text ?? '').trim()}`;
}

/** HAProxy's words at the place of the document that they are about, and what it was given where that is not the document's own words. */
function haproxyProblem({ message }: Complaint, at: Place, text: string): Problem {
  const isOwnWords = text === '' || text.endsWith(rawMark);
  return { at, message: `HAProxy refuses this: ${message}`, ...(isOwnWords ? {} : { hint: `as HAProxy was given it: ${text}` }) };
}

/**
 * keepalived refuses interfaces that do not exist, and ours may not exist yet: the check has a network of its own with links of these names. A bridge will
 * do, and every kernel of ours has it.
 */
async function checkKeepalived({ host, target, folder }: Staged): Promise<readonly string[]> {
  const held = target.get('/run/weir/keepalived.conf');
  if (!held) return [];
  const names = [...plain(held.content).matchAll(/(?:^\s*interface|\bdev)\s+(\S+)/gm)].map((found) => found[1] as string);
  const script =
    'for link in $1; do ip link add "$link" type bridge || exit 1; done; exec keepalived --config-test --use-file=/run/weir/keepalived.conf';
  const command = ['/bin/sh', '-c', script, 'check', [...new Set(names)].join(' ')];
  return verdict('keepalived --config-test', await inside(host, folder, ['PrivateNetwork=yes'], command));
}

async function checkNftables({ host, target, folder }: Staged): Promise<readonly string[]> {
  if (!target.get('/run/weir/nftables.conf')) return [];
  return verdict('nft -c', await inside(host, folder, [], ['nft', '-c', '-f', '/run/weir/nftables.conf']));
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
    await inside(host, folder, [], ['/usr/sbin/sshd', '-t', '-f', '/run/weir/ssh/sshd_config', '-h', '/run/weir/check_key']),
  );
}

/**
 * Runs a check as a transient unit that has the staged files in the place of /run/weir: paths inside configuration files are right, the running machine
 * sees nothing of it, and the agent needs no right to mount. It is the first to go when memory is short, and leaves the CPU to the traffic.
 */
function inside(host: Host, folder: string, more: readonly string[], command: readonly string[]): Promise<RunResult> {
  const properties = [`BindPaths=${folder}:/run/weir`, 'OOMScoreAdjust=900', 'CPUWeight=10', ...more].map(
    (property) => `--property=${property}`,
  );
  const options = ['--quiet', '--wait', '--pipe', '--collect', '--expand-environment=no', ...properties];
  return host.run('systemd-run', [...options, '--', ...command], { timeoutMs: 120_000 });
}

function verdict(program: string, { exitCode, stdout, stderr, timedOut }: RunResult): readonly string[] {
  if (exitCode === 0) return [];
  const words = `${stderr.trim()}\n${stdout.trim()}`.trim();
  return [`${program} refuses the files: ${timedOut ? 'it did not answer in time' : words || `exit code ${exitCode}`}`];
}
