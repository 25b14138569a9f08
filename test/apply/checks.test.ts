import { describe, expect, test } from 'vitest';
import { takenPorts } from '../../appliance/apply/check-ports.ts';
import { needsConfirm } from '../../appliance/apply/confirm.ts';
import { askKeepalived } from '../../appliance/apply/verify-keepalived.ts';
import { type Links, linkProblems } from '../../appliance/apply/verify-links.ts';
import { load } from '../../appliance/config/load.ts';
import { loopbackNetwork } from '../../appliance/network/transparent.ts';
import { takenSockets } from '../../appliance/state/bind-sockets.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { type Held, type HostState, linkTo, textFile } from '../../appliance/state/host-state.ts';
import { plan } from '../../appliance/state/plan.ts';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import { site } from '../proxy/site.ts';
import { applyTo, changeTo, documentOf, freshWorld, hostOn, runningFirst, stateOf } from './machine.ts';

describe('a port', () => {
  const listening = [
    'LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=7,fd=3))',
    'LISTEN 0      4096   127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=9,fd=14))',
    'LISTEN 0      5      192.0.2.100:81          0.0.0.0:*    users:(("socat",pid=8,fd=5))',
    'LISTEN 0      511          0.0.0.0:80        0.0.0.0:*',
    'LISTEN 0      511  [2001:db8::1]:8443           [::]:*    users:(("other",pid=1,fd=1))',
    'LISTEN 0      511              *:9000              *:*    users:(("dual",pid=1,fd=1))',
  ].join('\n');
  const datagrams = 'UNCONN 0      0          192.0.2.100:443       0.0.0.0:*    users:(("other",pid=1,fd=1))';
  const taken = (before: string, ...binds: readonly string[]) =>
    takenPorts(
      hostOn(freshWorld(), { programs: { ss: ({ args }) => ({ stdout: args.includes('--udp') ? datagrams : listening }) } }),
      before,
      `frontend web\n${binds.map((bind) => `    bind ${bind}\n`).join('')}`,
    );

  test.each([
    ['192.0.2.100:81', 'socat'],
    ['*:22', 'sshd'],
    ['192.0.2.7:22 ssl crt x', 'sshd'],
    ['[::]:22', 'sshd'],
    ['*:53', 'systemd-resolve'],
    ['[2001:db8::1]:8443', 'other'],
    ['192.0.2.7:9000', 'dual'],
    ['*:80', 'something that is not HAProxy'],
    ['192.0.2.7:70-90', 'something that is not HAProxy'],
    ['quic4@192.0.2.100:443', 'other'],
  ])('%s is taken by %s', async (bind, who) => {
    expect(await taken('', bind)).toEqual([expect.stringContaining(`is taken: ${who} listens`)]);
  });

  test.each([
    '192.0.2.7:53',
    '192.0.2.101:81',
    '[::1]:53',
    '192.0.2.7:8443',
    '*:443',
    'unix@/run/x.sock',
    '/run/x:80',
    'fd@3',
    '192.0.2.7:800',
    '192.0.2.100:443',
    'quic4@192.0.2.101:443',
    'quic4@192.0.2.7:80',
  ])('%s is free', async (bind) => {
    expect(await taken('', bind)).toEqual([]);
  });

  test('that HAProxy has already is not asked about, also when only an address of it is wanted from now on', async () => {
    const before = 'frontend web\n    bind *:80\n';
    expect(await taken(before, '*:80')).toEqual([]);
    expect(await taken(before, '192.0.2.7:80')).toEqual([]);
  });
});

describe('the path of a UNIX socket', () => {
  const wanted: HostState = new Map([
    ['/run/app.sock', linkTo('/run/weir/binds/app-666.sock')],
    ['/run/gone.sock', null],
    ['/run/weir/x.sock', textFile('')],
  ]);
  const taken = (there: Held | null) => takenSockets(wanted, new Map([...wanted.keys()].map((path) => [path, there])));

  test.each([
    ['a file', textFile('precious')],
    ['a socket', { content: '', mode: 0o140777, owner: 'root:root' }],
    ['a link to elsewhere', linkTo('/etc/shadow')],
    ['a file that reads like our link', textFile('/run/weir/binds/app-666.sock')],
  ])('is taken by %s', (_, there) => {
    expect(taken(there)).toEqual(["/run/app.sock is there already, and is not weir's: remove it, or give the bind another path"]);
  });

  test.each([
    ['nothing', null],
    ['our link', linkTo('/run/weir/binds/app-666.sock')],
    ['our link, of another mode', linkTo('/run/weir/binds/app-600.sock')],
  ])('is free where there is %s', (_, there) => {
    expect(taken(there)).toEqual([]);
  });
});

describe('links', () => {
  const files: HostState = new Map([
    ['/run/systemd/network/20-front.netdev', textFile('[NetDev]\nName=front\nKind=vlan\n\n[VLAN]\nId=120\n')],
    ['/run/systemd/network/20-trunk.netdev', textFile('[NetDev]\nName=trunk\nKind=bond\n\n[Bond]\nMode=802.3ad\n')],
    [
      '/run/systemd/network/30-front.network',
      textFile(
        '[Match]\nName=front\n\n[Link]\nMTUBytes=9000\n\n[Address]\nAddress=192.0.2.1/24\n\n[Address]\nAddress=2001:db8::9/128\n\n[Route]\nDestination=0.0.0.0/0\nGateway=192.0.2.254\nTable=1234\n\n[RoutingPolicyRule]\nFrom=192.0.2.1/32\nTable=1234\nPriority=1000\n',
      ),
    ],
  ]);
  const address = (local: string, prefixlen: number, more = {}) => ({ local, prefixlen, ...more });
  const right: Links = {
    links: [
      { ifname: 'trunk', mtu: 9000, linkinfo: { info_kind: 'bond', info_data: { mode: '802.3ad' } } },
      {
        ifname: 'front',
        mtu: 9000,
        linkinfo: { info_kind: 'vlan', info_data: { id: 120 } },
        addr_info: [address('192.0.2.1', 24), address('2001:db8::9', 128)],
      },
    ],
    routes: [{ family: 'ipv4', dst: 'default', gateway: '192.0.2.254', dev: 'front', table: '1234' }],
    rules: [{ family: 'ipv4', src: '192.0.2.1', table: '1234' }],
  };

  test('that are as their files say have no problem', () => {
    expect(linkProblems(files, right)).toEqual([]);
  });

  const front = right.links[1] as Links['links'][number];
  const withFront = (more: object): Links => ({ ...right, links: [right.links[0] as typeof front, { ...front, ...more }] });
  test.each<[string, Links, string]>([
    ['a missing link', { ...right, links: [] }, 'there is no link front'],
    ['a wrong VLAN id', withFront({ linkinfo: { info_kind: 'vlan', info_data: { id: 121 } } }), 'link front has VLAN id 121, not 120'],
    ['a wrong kind', withFront({ linkinfo: { info_kind: 'bridge' } }), 'link front is a bridge, not a vlan'],
    ['a wrong MTU', withFront({ mtu: 1500 }), 'link front has MTU 1500, not 9000'],
    ['a missing address', withFront({ addr_info: [address('192.0.2.1', 24)] }), 'link front does not have the address 2001:db8::9/128'],
    [
      'an address of the wrong length',
      withFront({ addr_info: [address('192.0.2.1', 16), address('2001:db8::9', 128)] }),
      'link front does not have the address 192.0.2.1/24',
    ],
    [
      'an address that somebody else has',
      withFront({ addr_info: [address('192.0.2.1', 24), address('2001:db8::9', 128, { dadfailed: true })] }),
      'link front does not have the address 2001:db8::9/128',
    ],
    ['a missing route', { ...right, routes: [] }, 'there is no route to 0.0.0.0/0 by 192.0.2.254 in table 1234'],
    [
      'a route in the wrong table',
      { ...right, routes: [{ family: 'ipv4', dst: 'default', gateway: '192.0.2.254', dev: 'front' }] },
      'there is no route to 0.0.0.0/0 by 192.0.2.254 in table 1234',
    ],
    ['a missing rule', { ...right, rules: [] }, 'there is no rule that looks up 192.0.2.1/32 in table 1234'],
  ])('%s is said', (_, found, problem) => {
    expect(linkProblems(files, found)).toContain(problem);
  });

  test('what is marked comes to this machine in both families', () => {
    const target: HostState = new Map([['/run/systemd/network/40-lo.network', textFile(`${loopbackNetwork.lines.join('\n')}\n`)]]);
    const one = (family: 'ipv4' | 'ipv6') => ({
      route: { family, dst: 'default', dev: 'lo', table: '900' },
      rule: { family, src: 'all', fwmark: '0x77656972', table: '900' },
    });
    const [four, six] = [one('ipv4'), one('ipv6')];
    const links = [{ ifname: 'lo', mtu: 65_536 }];
    expect(linkProblems(target, { links, routes: [four.route, six.route], rules: [four.rule, six.rule] })).toEqual([]);
    expect(linkProblems(target, { links, routes: [four.route], rules: [six.rule] })).toEqual([
      'there is no route to ::/0 by lo in table 900',
      'there is no rule that looks up the mark 0x77656972 in table 900',
    ]);
  });

  test('a bond or VLAN whose file has gone must be gone', () => {
    const target: HostState = new Map([...files, ['/run/systemd/network/20-old.netdev', null]]);
    const old = { ifname: 'old', mtu: 1500, linkinfo: { info_kind: 'vlan' } };
    expect(linkProblems(target, { ...right, links: [...right.links, old] })).toEqual([
      'link old is still there, and no file of weir names it',
    ]);
    expect(linkProblems(target, right)).toEqual([]);
  });
});

describe('a confirmation is needed', () => {
  const document = (mgmt: string, more = '') => `version: 1
system: { ssh: { keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUCB5JAqv4bqb6vAh3ZP9DKUPHMlLWJD4pHzr1WoRjR ops], from: [198.51.100.0/24] } }
nodes:
  lb1:
    links:
      mgmt: ${mgmt}
      front: { mac: 52:54:00:00:00:02, role: service, addresses: [203.0.113.2/24] }
frontends: { web: { bind: [{ address: "203.0.113.2:80" }${more}], default_backend: app } }
backends: { app: { servers: { app1: 203.0.113.9:80 } } }
`;
  const mgmt = '{ mac: 52:54:00:00:00:01, role: management, addresses: [192.0.2.11/24], gateway: 192.0.2.1 }';
  const reasons = (before: string, after: string) => {
    const [from, to] = [before, after].map((text) => {
      const { config, problems } = load(text, { file: 'x', files: null });
      if (config === null) throw new Error(JSON.stringify(problems));
      return { config, state: desiredState(config, 'lb1', null, null).state };
    });
    if (!from || !to) throw new Error('unreachable');
    return needsConfirm(plan(from.state, to.state), from.config, 'lb1');
  };
  const now = document(mgmt);

  test.each<[string, string, RegExp]>([
    ['another address of the management link', now.replace('192.0.2.11', '192.0.2.12'), /management link mgmt changes/],
    ['another gateway of the management link', now.replace('gateway: 192.0.2.1 ', 'gateway: 192.0.2.2 '), /management link mgmt changes/],
    [
      'the management link upon a bond',
      document(mgmt.replace('mac: 52:54:00:00:00:01', 'bond: [52:54:00:00:00:01, 52:54:00:00:00:03], mode: active-backup')),
      /management link mgmt changes/,
    ],
    ['other networks for ssh', now.replace('198.51.100.0/24', '198.51.100.0/25'), /firewall in front of the management link/],
    ['another key', now.replace('WoRjR ops', 'WoRjS ops'), /authorized_keys changes how sshd answers/],
    ['no key at all', now.replace(/^system:.*\n/m, ''), /sshd/],
  ])('by %s', (_, after, reason) => {
    expect(reasons(now, after).join('\n')).toMatch(reason);
  });

  test.each<[string, string]>([
    ['another port of a frontend', document(mgmt, ', { address: "203.0.113.2:81" }')],
    ['another server', now.replace('203.0.113.9:80', '203.0.113.10:80')],
    ['another address of a service link', now.replaceAll('203.0.113.2', '203.0.113.3')],
  ])('not by %s', (_, after) => {
    expect(reasons(now, after)).toEqual([]);
  });

  test('not by the first of all documents, which can cut off nobody', () => {
    const { config } = load(now, { file: 'x', files: null });
    if (config === null) throw new Error('unreachable');
    expect(needsConfirm(plan(new Map(), desiredState(config, 'lb1', null, null).state), config, 'lb1')).toEqual([]);
  });
});

describe('keepalived', () => {
  const conf = (priority: number) => textFile(renderKeepalived([{ ...site, priority, peerPriority: 507 - priority }], 'lb1'));
  const withConf = (priority: number) =>
    documentOf(stateOf('cccccccccccc', [['/run/weir/keepalived.conf', conf(priority)]]), `${priority}`);

  test('that goes on with what it had has the change taken back', async () => {
    const on = await runningFirst();
    const deaf = { '/usr/lib/weir/activate': ({ args }: { args: readonly string[] }) => (args[0] === 'keepalived' ? {} : null) };
    expect(await applyTo(hostOn(on, { programs: deaf }), changeTo(withConf(253)))).toMatchObject({
      kind: 'rolled-back',
      reasons: [expect.stringContaining('keepalived runs the VRRP instance site with priority 254, its file says 253')],
    });
  });

  test.each([
    ['says nothing', { systemctl: ({ args }: { args: readonly string[] }) => (args[0] === 'kill' ? {} : null) }],
    ['cannot be signalled', { systemctl: ({ args }: { args: readonly string[] }) => (args[0] === 'kill' ? { exitCode: 1 } : null) }],
  ])('that %s is one that does not run what it should', async (_, programs) => {
    const on = await runningFirst();
    expect(await askKeepalived(hostOn(on, { programs }), '')).toEqual(['keepalived does not say what it runs']);
  });

  test('is asked anew each time: what it said before is no answer', async () => {
    const on = await runningFirst();
    on.files.set('/run/keepalived/keepalived.json', textFile('{"vrrp":[]}'));
    expect(await askKeepalived(hostOn(on), renderKeepalived([site], 'lb1'))).toEqual([]);
  });

  test('that cannot be asked because of the file system is no defect', async () => {
    const on = await runningFirst();
    const fault = ({ verb }: { verb: string }) => (verb === 'write' ? ('EIO' as const) : null);
    expect(await askKeepalived(hostOn(on, { fault }), '')).toEqual([
      'keepalived cannot be asked what it runs: the device reports an error',
    ]);
  });
});
