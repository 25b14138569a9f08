import { type Problem, quote } from '../problem.ts';
import { isHostName, parseEndpoint } from '../schema/address.ts';
import { parseLogTarget } from '../schema/system.ts';
import { type Context, warning } from './context.ts';

/** Complete hashes by their scheme (crypt(5)). A shortened one is no secret and no password. */
const COMPLETE =
  /^\$(?:(?:y|gy)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}|6\$(?:rounds=[0-9]+\$)?[^$]{1,16}\$[./A-Za-z0-9]{86}|5\$(?:rounds=[0-9]+\$)?[^$]{1,16}\$[./A-Za-z0-9]{43}|2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53})$/;

/** Checks the machine's settings. */
export function checkSystem({ document }: Context): readonly Problem[] {
  const { admin, ssh } = document.system;
  const { password } = admin;
  const problems: Problem[] = [];
  if (password !== undefined && !COMPLETE.test(password)) {
    problems.push(
      warning(['system', 'admin', 'password'], 'the password hash is not complete: no password will match it', 'mkpasswd -m yescrypt'),
    );
  }
  if (ssh.from.length > 0 && ssh.keys.length === 0) {
    problems.push(warning(['system', 'ssh', 'from'], 'no SSH server runs, because there are no keys', 'add keys:, or remove from:'));
  }
  if (document.system.log !== undefined && document.system.log.to === undefined && document.system.log.format !== 'rfc5424') {
    problems.push(warning(['system', 'log', 'format'], 'only messages that are sent have a format', 'add to:, or remove format:'));
  }
  return [...problems, ...checkLookups(document)];
}

/** Names need a name server: one of the document, or of DHCP. Says the first name that nobody could look up. */
function checkLookups({ system, nodes, backends }: Context['document']): readonly Problem[] {
  const isKnown = ({ links }: (typeof nodes)[string]) => Object.values(links).some(({ addresses }) => typeof addresses === 'string');
  if (system.dns.length > 0 || Object.values(nodes).every(isKnown)) return [];
  const servers = Object.entries(backends).flatMap(([backend, { servers }]) =>
    Object.entries(servers).map(([name, input]) => {
      const endpoint = parseEndpoint(typeof input === 'string' ? input : input.address);
      return { at: ['backends', backend, 'servers', name], host: typeof endpoint === 'string' ? '' : endpoint.host };
    }),
  );
  const receiver = { at: ['system', 'log', 'to'], host: parseLogTarget(system.log?.to ?? '')?.host ?? '' };
  const first = [...system.ntp.map((host, index) => ({ at: ['system', 'ntp', index], host })), receiver, ...servers].find(({ host }) =>
    isHostName(host),
  );
  return first === undefined
    ? []
    : [
        warning(
          first.at,
          `nobody can look up ${quote(first.host)}: no name server is known`,
          'write dns: and their addresses below system',
        ),
      ];
}
