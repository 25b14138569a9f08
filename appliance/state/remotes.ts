import type { Backend, DataPlane } from '../../proxy/model.ts';
import type { FirewallInput, Remote } from '../network/nftables.ts';

/** Whom HAProxy asks, so that their replies are let in; some ports only DNS knows (SRV records). */
export type HaproxyRemotes = Required<Pick<FirewallInput, 'servers' | 'resolvers' | 'hasUnknownPorts'>>;

/** Everybody whom HAProxy connects to on a node: servers, their checks and agents, collectors of logs, mail and name servers, OCSP responders, peers. */
export function haproxyRemotes(plane: DataPlane, node: string): HaproxyRemotes {
  const { backends, rings, mailers, resolvers, certificates, global, peers } = plane;
  const nameServers = resolvers.flatMap((each) => each.nameservers);
  const stapled = certificates.some(({ options }) => options['ocsp-update'] === 'on');
  return {
    servers: [
      ...backends.flatMap(backendRemotes),
      ...rings,
      ...mailers.flatMap((section) => section.mailers),
      ...nameServers.filter(({ protocol }) => protocol === 'tcp'),
      ...peers.flatMap(({ servers }) => servers.filter(({ name }) => name !== node)),
      ...(stapled ? [responders(global.settings['ocsp-update.httpproxy'])] : []),
    ].map(({ address, port }) => ({ address, port })),
    resolvers: nameServers.filter(({ protocol }) => protocol === 'udp').map(({ address, port }) => ({ address, port })),
    hasUnknownPorts: backends.some(({ servers }) => servers.some(({ address, port }) => port === 0 && !isSocket(address))),
  };
}

const isSocket = (address: string): boolean => /^(?:\/|abns@)/.test(address);

function backendRemotes({ servers, check }: Backend): readonly Remote[] {
  const steps = check?.kind === 'steps' ? check.steps.filter(({ verb }) => verb === 'connect') : [];
  const behind = (word: string, words: readonly unknown[]): string | undefined => {
    const at = words.indexOf(word);
    return at < 0 ? undefined : String(words[at + 1]);
  };
  return servers.flatMap(({ address, port, check: isChecked, checkSettings, agent }) => {
    const checked = check === null || !isChecked ? null : { ...check, ...checkSettings };
    const own = [
      { address, port },
      ...(checked === null ? [] : [{ address: checked.addr ?? address, port: checked.port ?? port }]),
      ...(checked === null
        ? []
        : steps.map(({ words }) => ({
            address: behind('addr', words)?.replace(/^\[|\]$/g, '') ?? checked.addr ?? address,
            port: Number(behind('port', words) ?? checked.port ?? port),
          }))),
      ...(agent === null ? [] : [{ address: agent.addr ?? address, port: agent.port }]),
    ];
    return own.filter((remote) => !isSocket(remote.address) && remote.port > 0);
  });
}

/** OCSP responders are named by certificates, wherever they are, and speak HTTP (RFC 6960, appendix A); or all are asked through one proxy. */
function responders(proxy: string | number | true | undefined): Remote {
  const [, address, port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(String(proxy ?? '')) ?? [];
  return address === undefined ? { address: 'any responder', port: 80 } : { address, port: Number(port) };
}
