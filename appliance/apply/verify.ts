import { parseInfo, showInfo, toWorker } from '../../proxy/haproxy/runtime.ts';
import type { Host } from '../host/host.ts';
import { type HostState, plain } from '../state/host-state.ts';
import type { Disagreement } from '../state/plan.ts';
import type { Service } from '../state/services.ts';
import { places } from './places.ts';
import { askKeepalived } from './verify-keepalived.ts';
import { askLinks, linkProblems } from './verify-links.ts';

/** Time that links and services have to become what their files say: DAD takes 1 to 2 s (RFC 4862, 5.4), a bond's partner 3 s. */
const patienceMs = 20_000;

/**
 * Asks every program what it runs until all of it agrees with the files, or patience ends; answers with what does not agree.
 */
export async function verify(host: Host, target: HostState): Promise<readonly string[]> {
  const deadline = host.now() + patienceMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
    const problems = (await disagreements(host, target)).map(({ reason }) => reason);
    if (problems.length === 0 || host.now() >= deadline) return problems;
    await host.sleep(pause);
  }
}

/** Where what runs is not what the files say, now. */
export async function disagreements(host: Host, target: HostState): Promise<readonly Disagreement[]> {
  const asked = Object.entries(questions).map(async ([service, ask]) =>
    (await ask(host, target)).map((reason) => ({ service: service as Service, reason })),
  );
  return (await Promise.all(asked)).flat();
}

/** What is asked of the services that can tell what they run; answers with what is not as the files say. */
const questions: Partial<Record<Service, (host: Host, target: HostState) => Promise<readonly string[]>>> = {
  nftables: askFirewall,
  networkd: askNetworkd,
  hostname: askHostname,
  admin: askAdmin,
  resolved: async (host, target) => (target.get('/run/systemd/resolved.conf.d/weir.conf') ? askUnit(host, 'systemd-resolved') : []),
  // without it HAProxy's log goes nowhere
  rsyslog: async (host, target) => (target.get('/run/weir/haproxy.cfg') ? askUnit(host, 'rsyslog') : []),
  sshd: askSshd,
  haproxy: askHaproxy,
  keepalived: askVrrp,
};

/** The mark that a renderer put into a file and that its program tells: `weir` and twelve hexadecimal digits. */
function markOf(target: HostState, path: string): string | null {
  const held = target.get(path);
  return held ? (/"weir ([0-9a-f]{12})"/.exec(plain(held.content))?.[1] ?? null) : null;
}

async function askFirewall(host: Host, target: HostState): Promise<readonly string[]> {
  const mark = markOf(target, '/run/weir/nftables.conf');
  if (!target.get('/run/weir/nftables.conf')) return [];
  const { exitCode, stdout } = await host.run('nft', ['-s', '-t', 'list', 'table', 'inet', 'weir']);
  if (exitCode !== 0) return ['the firewall has no table inet weir'];
  if (mark !== null && !stdout.includes(`"weir ${mark}"`))
    return [`the firewall's table inet weir does not carry the mark ${mark} of its file`];
  const loaded = await host.read(places.loadedFirewall);
  return loaded === null || plain(loaded.content) === stdout
    ? []
    : ["the rules of the firewall's table inet weir are not those that were loaded"];
}

/** networkd says nothing of what it made, the kernel does. */
async function askNetworkd(host: Host, target: HostState): Promise<readonly string[]> {
  const hasLinks = [...target.keys()].some((path) => path.startsWith('/run/systemd/network/'));
  if (!hasLinks) return [];
  const [stopped, found] = await Promise.all([askUnit(host, 'systemd-networkd'), askLinks(host)]);
  return [...stopped, ...linkProblems(target, found)];
}

/** A worker tells the mark of the configuration it was started with. */
async function askHaproxy(host: Host, target: HostState): Promise<readonly string[]> {
  const mark = markOf(target, '/run/weir/haproxy.cfg');
  if (mark === null) return [];
  const answer = await host.ask(places.haproxyMaster, toWorker(showInfo));
  if (answer.kind === 'silence') return [`HAProxy's master does not answer (${answer.reason})`];
  return parseInfo(answer.text)?.mark === mark ? [] : [`HAProxy's worker does not carry the mark ${mark} of its file`];
}

async function askVrrp(host: Host, target: HostState): Promise<readonly string[]> {
  const held = target.get('/run/weir/keepalived.conf');
  if (!held) return [];
  const stopped = await askUnit(host, 'keepalived');
  return stopped.length > 0 ? stopped : askKeepalived(host, plain(held.content));
}

async function askHostname(host: Host, target: HostState): Promise<readonly string[]> {
  const wanted = target.get('/etc/hostname');
  const held = wanted ? await host.read('/proc/sys/kernel/hostname') : null;
  if (!wanted || held === null) return [];
  const [name, is] = [plain(wanted.content).trim(), plain(held.content).trim()];
  return is === name ? [] : [`the hostname is ${is}, not ${name}`];
}

async function askAdmin(host: Host, target: HostState): Promise<readonly string[]> {
  const wanted = target.get('/run/weir/shadow');
  const shadow = wanted ? await host.read('/etc/shadow') : null;
  if (!wanted || shadow === null) return [];
  const isSet = plain(shadow.content)
    .split('\n')
    .some((line) => line.startsWith(`${plain(wanted.content).trim()}:`));
  return isSet ? [] : ["admin's password is not the document's"];
}

async function askSshd(host: Host, target: HostState): Promise<readonly string[]> {
  const config = '/run/weir/ssh/sshd_config';
  if (!target.get(config)) return [];
  const result = await host.run('/usr/sbin/sshd', ['-T', '-f', config]);
  return [...(result.exitCode === 0 ? [] : [`sshd does not accept its file: ${result.stderr.trim()}`]), ...(await askUnit(host, 'ssh'))];
}

async function askUnit(host: Host, unit: string): Promise<readonly string[]> {
  const { exitCode, stdout } = await host.run('systemctl', ['is-active', unit]);
  return exitCode === 0 ? [] : [`${unit} is not running (${stdout.trim() || 'unknown'})`];
}
