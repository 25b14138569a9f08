import type { RemoteLog, System } from '../config/config.ts';
import { type Held, linkTo, type Path, secretFile, textFile } from './host-state.ts';

/** First line of the files whose language has `#` comments. */
export const heading = '# Written by weir from config.yaml: edits here are lost.';

/** The files that `system` becomes: host name, time zone, keyboard, name servers, time servers, admin's password, sshd, remote syslog. */
export function systemFiles(system: System, node: string): ReadonlyMap<Path, Held> {
  const { timezone, keymap, dns, ntp, adminPassword, ssh, log } = system;
  const files: [Path, Held | null][] = [
    ['/etc/hostname', textFile(`${node}\n`)],
    ['/etc/localtime', linkTo(`/usr/share/zoneinfo/${timezone}`)],
    ['/etc/default/keyboard', textFile(renderKeyboard(keymap))],
    ['/run/systemd/resolved.conf.d/weir.conf', textFile(renderResolved(dns))],
    ['/run/weir/chrony/weir.conf', ntp.length === 0 ? null : textFile(renderChrony(ntp))],
    ['/run/weir/shadow', adminPassword === null ? null : secretFile(`admin:${adminPassword}\n`)],
    ['/run/weir/ssh/authorized_keys', ssh.keys.length === 0 ? null : textFile(`${ssh.keys.join('\n')}\n`)],
    ['/run/weir/ssh/sshd_config', ssh.keys.length === 0 ? null : textFile(renderSshd())],
    ['/run/weir/rsyslog.conf', log === null ? null : textFile(renderRsyslog(log))],
  ];
  return new Map(files.filter((file): file is [Path, Held] => file[1] !== null));
}

function renderKeyboard(keymap: string): string {
  return [heading, 'XKBMODEL="pc105"', `XKBLAYOUT="${keymap}"`, 'XKBVARIANT=""', 'XKBOPTIONS=""', 'BACKSPACE="guess"', ''].join('\n');
}

function renderResolved(dns: readonly string[]): string {
  // No fallback servers: a machine asks only those its document or its DHCP server names.
  return [
    heading,
    '[Resolve]',
    ...(dns.length === 0 ? [] : [`DNS=${dns.join(' ')}`, 'Domains=~.']),
    'FallbackDNS=',
    'LLMNR=no',
    'MulticastDNS=no',
    '',
  ].join('\n');
}

function renderChrony(ntp: readonly string[]): string {
  return [heading, ...ntp.map((server) => `server ${server} iburst`), ''].join('\n');
}

/** sshd for the admin's keys only; key exchange and ciphers are OpenSSH 10's own, which are current. */
function renderSshd(): string {
  return [
    heading,
    'HostKey /data/weir/identity/ssh/ssh_host_ed25519_key',
    'AuthorizedKeysFile /run/weir/ssh/authorized_keys',
    'AllowUsers admin',
    'PermitRootLogin no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AuthenticationMethods publickey',
    'UsePAM yes',
    'AllowTcpForwarding no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
    'PermitUserEnvironment no',
    'MaxAuthTries 3',
    'LoginGraceTime 20',
    'ClientAliveInterval 60',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}

/**
 * Remote syslog by rsyslog's omfwd (rsyslog manual, "omfwd"). The queue spills nowhere: what a dead collector does not take within 10,000 messages is
 * dropped and counted by impstats, never held against the local log.
 */
function renderRsyslog({ protocol, host, port, format }: RemoteLog): string {
  const template = format === 'json' ? 'weirJson' : 'RSYSLOG_SyslogProtocol23Format';
  return [
    heading,
    ...(format === 'json' ? [jsonTemplate] : []),
    ...(protocol === 'tls' ? ['global(DefaultNetstreamDriverCAFile="/etc/ssl/certs/ca-certificates.crt")'] : []),
    'action(',
    '  type="omfwd"',
    `  target="${host}" port="${port}" protocol="${protocol === 'udp' ? 'udp' : 'tcp'}"`,
    `  template="${template}"`,
    ...(protocol === 'udp' ? [] : ['  TCP_Framing="octet-counted" KeepAlive="on"']),
    ...(protocol === 'tls'
      ? [`  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="${host}"`]
      : []),
    '  action.resumeRetryCount="-1" action.resumeInterval="5" action.resumeIntervalMax="60"',
    '  queue.type="LinkedList" queue.size="10000" queue.timeoutEnqueue="0" queue.saveOnShutdown="off"',
    ')',
    '',
  ].join('\n');
}

const jsonTemplate = [
  'template(name="weirJson" type="list" option.jsonf="on") {',
  '  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")',
  '  property(outname="host" name="hostname" format="jsonf")',
  '  property(outname="severity" name="syslogseverity-text" format="jsonf")',
  '  property(outname="program" name="programname" format="jsonf")',
  '  property(outname="message" name="msg" format="jsonf")',
  '}',
].join('\n');
