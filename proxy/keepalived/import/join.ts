import type { Imported } from '../../haproxy/import/import.ts';
import type { Draft, Plain } from '../../haproxy/import/ledger.ts';
import type { ImportedPair } from './import.ts';
import { parseIp, spelled, whole } from './ip.ts';

type Bind = { readonly [key: string]: Plain };
type Frontends = { readonly [name: string]: { readonly [key: string]: Plain } };

/** The address of a bind in its one spelling, and its port; null: it has none of its own, or listens on all. */
function addressOf({ address }: Bind): { readonly address: string; readonly port: Plain } | null {
  const [, host = '', port = ''] = /^(.*):([0-9]+(?:-[0-9]+)?)$/.exec(String(address ?? '')) ?? [];
  const ip = parseIp(host.replace(/^\[(.*)\]$/, '$1'));
  return ip === null || ip.value === 0n ? null : { address: spelled(ip), port: port.includes('-') ? port : Number(port) };
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

const bindsOf = (frontend: Frontends[string]): readonly Bind[] => (frontend.bind ?? []) as readonly Bind[];

/**
 * The VIPs of the document. Those of one instance are one as long as every frontend listens on all of them alike: a bind on a VIP listens on each of its
 * addresses.
 */
function vipsOf({ moved }: ImportedPair, frontends: Frontends): Draft {
  const use = (address: string): string =>
    JSON.stringify(
      Object.entries(frontends).flatMap(([name, frontend]) =>
        bindsOf(frontend).flatMap((bind) => {
          const at = addressOf(bind);
          return at?.address === address ? [[name, at.port, { ...bind, address: '' }]] : [];
        }),
      ),
    );
  const groups = new Map<string, { readonly vrrp: string; readonly addresses: string[] }>();
  for (const { address, vrrp } of moved) {
    const key = `${vrrp} ${use(address)}`;
    const group = groups.get(key) ?? { vrrp, addresses: [] };
    group.addresses.push(address);
    groups.set(key, group);
  }
  const vips: Draft = {};
  for (const { vrrp, addresses } of groups.values()) {
    let name = vrrp;
    for (let number = 2; Object.hasOwn(vips, name); number++) name = `${vrrp}-${number}`;
    vips[name] = { vrrp, addresses };
  }
  return vips;
}

/** The document of both files: binds on VIPs name them, and what else frontends listen on is an address of the node that the file is of. */
export function withPair(imported: Imported, pair: ImportedPair): Imported {
  const frontends = (imported.document.frontends ?? {}) as Frontends;
  const vips = vipsOf(pair, frontends);
  const vipOf = new Map(
    Object.entries(vips).flatMap(([name, vip]) => (vip as { addresses: string[] }).addresses.map((each) => [each, name] as const)),
  );
  const moves = new Map<string, ReadonlyMap<number, number>>();
  const ours: string[] = [];
  const joined = Object.fromEntries(
    Object.entries(frontends).map(([name, frontend]) => {
      const made: Bind[] = [];
      const places = new Map<number, number>();
      for (const [index, bind] of bindsOf(frontend).entries()) {
        const at = addressOf(bind);
        const vip = at === null ? undefined : vipOf.get(at.address);
        if (at !== null && vip === undefined && !isLoopback(at.address)) ours.push(at.address);
        const { address: _address, ...others } = bind;
        const put: Bind = at === null || vip === undefined ? bind : { vip, port: at.port, ...others };
        const known = made.findIndex((each) => JSON.stringify(each) === JSON.stringify(put));
        places.set(index, known < 0 ? made.length : known);
        if (known < 0) made.push(put);
      }
      moves.set(name, places);
      return [name, made.length === 0 ? frontend : { ...frontend, bind: made }];
    }),
  );
  return {
    ...imported,
    document: {
      nodes: withAddresses(pair, ours) as Plain,
      vrrp: pair.vrrp as Plain,
      vips: vips as Plain,
      ...imported.document,
      ...(imported.document.frontends === undefined ? {} : { frontends: joined as Plain }),
    },
    places: imported.places.map(({ at, line }) => {
      const [section, name, key, index, ...below] = at;
      const to = section === 'frontends' && key === 'bind' ? moves.get(String(name))?.get(Number(index)) : undefined;
      return to === undefined ? { at, line } : { at: [section as string, name as string, 'bind', to, ...below], line };
    }),
    comments: [
      { at: ['nodes'], lines: ['As far as keepalived.conf knows them: write the MAC addresses and links of these machines here.'] },
      ...imported.comments,
    ],
  };
}

/** The nodes, with further addresses of the one that the file is of. */
function withAddresses({ nodes, node }: ImportedPair, addresses: readonly string[]): Draft {
  type Links = { readonly [link: string]: { readonly addresses?: readonly string[] } };
  const { links } = nodes[node] as unknown as { readonly links: Links };
  const known = new Set(Object.values(links).flatMap((link) => (link.addresses ?? []).map((each) => each.split('/')[0])));
  const further = [...new Set(addresses)].filter((each) => !known.has(each)).map((each) => `${each}/${whole(each.includes(':') ? 6 : 4)}`);
  const [[first, link] = ['', {}]] = Object.entries(links).filter(([, each]) => (each.addresses ?? []).length > 0);
  if (further.length === 0 || first === '') return nodes;
  return {
    ...nodes,
    [node]: { links: { ...links, [first]: { ...link, addresses: [...(link.addresses ?? []), ...further] } } as unknown as Plain },
  };
}
