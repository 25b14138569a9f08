import { z } from 'zod';
import { suggestion } from '../nearest.ts';
import { quote } from '../problem.ts';
import { address, host, isHostName, network, parseAddress } from './address.ts';
import { logSample } from './log-sample.ts';
import { passwordHash } from './password.ts';
import { advise, checkedText } from './scalar.ts';

/** Console keyboard layouts: XKB's (xkeyboard-config, rules/base.lst, section "layout"). */
const KEYMAPS =
  'us al am ara at au az ba bd be bg br brai bt bw by ca cd ch cm cn cz de dk dz ee eg epo es et eu fi fo fr gb ge gh gn gr hr hu id ie il in iq ir is it jp jv ke kg kh kr kz la latam lk lt lv ma mao md me mk ml mm mn mt mv my ng nl no np nz ph pk pl pt ro rs ru se si sk sn sy tg th tj tm tr tw tz ua uz vn za'.split(
    ' ',
  );

const timezone = checkedText('a time zone', (value) => {
  const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  if (zones.includes(value)) return null;
  const wrong = advise(`${quote(value)} is not a time zone`, suggestion(value, zones) ?? 'an IANA name such as Europe/Paris');
  // ICU does not mind upper and lower case, the file system of the appliance does.
  if (!/^(?:[A-Z][A-Za-z]*[a-z][A-Za-z0-9_+-]*)(?:\/[A-Z][A-Za-z0-9_+-]*)+$/.test(value)) return wrong;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return null;
  } catch {
    return wrong;
  }
});

const keymap = checkedText('a keyboard layout', (value) =>
  KEYMAPS.includes(value)
    ? null
    : advise(
        `${quote(value)} is not a keyboard layout`,
        value === 'uk' ? 'did you mean "gb"?' : (suggestion(value, KEYMAPS) ?? 'an XKB layout such as us, gb, fr or de'),
      ),
);

/** Key types that OpenSSH 10 accepts from users (sshd_config(5), PubkeyAcceptedAlgorithms). */
const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];

const sshKey = checkedText('an SSH public key', (value) => {
  const hint = 'one line of a .pub file: ssh-ed25519 AAAA… name';
  const [type = '', blob = ''] = value.split(' ');
  if (value.includes('PRIVATE KEY'))
    return advise('this is a private key', 'only public keys belong here; make a new pair, this one has been shown');
  if (type === 'ssh-dss') return advise('DSA keys are no longer accepted by OpenSSH', hint);
  if (!KEY_TYPES.includes(type)) return advise(`${quote(type)} is not a type of SSH key`, suggestion(type, KEY_TYPES.slice(0, 5)) ?? hint);
  // RFC 4253, section 6.6: the blob begins with the length and the text of the type.
  const prefix = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type)]);
  const bytes = Buffer.from(blob, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || !bytes.subarray(0, prefix.length).equals(prefix))
    return advise(`this is not an SSH key of the type ${type}: its text is damaged`, hint);
  return null;
});

/** `protocol://host:port` of a syslog receiver, the port optional. */
export function parseLogTarget(
  value: string,
): { readonly protocol: 'udp' | 'tcp' | 'tls'; readonly host: string; readonly port: number } | null {
  const [, protocol, bracketed, plain, digits] = /^(udp|tcp|tls):\/\/(?:\[([^\]]+)\]|([^:/[\]]+))(?::([0-9]{1,5}))?$/.exec(value) ?? [];
  if (protocol !== 'udp' && protocol !== 'tcp' && protocol !== 'tls') return null;
  const address = parseAddress(bracketed ?? plain ?? '');
  const port = digits === undefined ? (protocol === 'tls' ? 6514 : 514) : Number(digits);
  const known = bracketed === undefined ? address !== null || isHostName(plain ?? '') : address?.family === 6;
  return known && port >= 1 && port <= 65535 ? { protocol, host: address?.text ?? (plain ?? '').toLowerCase(), port } : null;
}

const logTarget = checkedText('a syslog receiver', (value) =>
  parseLogTarget(value) === null
    ? advise(`${quote(value)} is not a syslog receiver`, 'write tls://logs.example.net:6514, tcp://10.0.0.9:514 or udp://10.0.0.9')
    : null,
);

/** Settings of the machine, the same on both nodes. */
export const system = z.strictObject({
  timezone: timezone.default('UTC').describe('Time zone of the clock on the console and in local log files, an IANA name.'),
  keymap: keymap.default('us').describe('Keyboard layout of the console, an XKB layout name.'),
  dns: z.array(address()).default([]).describe('Name servers, in the order in which they are asked.'),
  ntp: z.array(host()).default([]).describe('Time servers, by address or name.'),
  admin: z
    .strictObject({
      password: passwordHash()
        .optional()
        .describe('A crypt(5) hash of the password, made by mkpasswd -m yescrypt; without one the account is locked.'),
    })
    .prefault({})
    .describe('The account admin, for the console and SSH.'),
  ssh: z
    .strictObject({
      keys: z.array(sshKey).default([]).describe('Public keys that may log in as admin; without one, no SSH server runs.'),
      from: z.array(network()).default([]).describe('Networks from which SSH is reachable on management links; empty means any.'),
    })
    .prefault({})
    .describe('Remote login.'),
  log: z
    .strictObject({
      to: logTarget.optional().describe('Where logs are sent besides the local files: udp://, tcp:// or tls://, a host and a port.'),
      format: z.enum(['rfc5424', 'json']).default('rfc5424').describe('How each sent message is written.'),
      sample: logSample()
        .optional()
        .describe('Which requests HAProxy logs, as in its word sample: "1:10" is one in ten, and all that weir logs counts.'),
    })
    .optional()
    .describe('Logging of requests and of the machine.'),
});
