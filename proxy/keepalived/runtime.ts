/**
 * What keepalived says that it runs: the file it writes on the signal JSON (keepalived(8), "SIGNALS"; keepalived.conf(5), `json_version 2`). Text only, the
 * asking is the host's.
 */
import type { VrrpInstance } from '../model.ts';

/** What both a file of ours and a running keepalived tell of a VRRP instance; its name is the key. */
type Told = Pick<VrrpInstance, 'link' | 'virtualRouterId' | 'priority' | 'advertSeconds' | 'vips'>;

/** keepalived.conf(5)'s word for each. */
const words: Readonly<Record<keyof Told, string>> = {
  link: 'interface',
  virtualRouterId: 'virtual_router_id',
  priority: 'priority',
  advertSeconds: 'advert_int',
  vips: 'VIPs',
};

/** Where a running keepalived is not what its file, as `renderKeepalived` writes it, says; `json` is what it wrote. */
export function vrrpDifferences(config: string, json: string): readonly string[] {
  const runs = running(json);
  if (runs === null) return ['what keepalived says of itself is not to be understood'];
  const wanted = configured(config);
  const strangers = [...runs.keys()].filter((name) => !wanted.has(name));
  return [
    ...[...wanted].flatMap(([name, told]) => compare(name, told, runs.get(name))),
    ...strangers.map((name) => `keepalived runs the VRRP instance ${name}, which its file does not have`),
  ];
}

function compare(name: string, wanted: Told, runs: Told | undefined): readonly string[] {
  if (runs === undefined) return [`keepalived does not run the VRRP instance ${name} of its file`];
  return (Object.keys(words) as (keyof Told)[])
    .filter((key) => `${wanted[key]}` !== `${runs[key]}`)
    .map((key) => `keepalived runs the VRRP instance ${name} with ${words[key]} ${runs[key]}, its file says ${wanted[key]}`);
}

/** The instances of a keepalived.conf of ours. */
function configured(config: string): ReadonlyMap<string, Told> {
  const instances = [...config.matchAll(/^vrrp_instance (\S+) \{\n(.*?)^\}/gms)];
  return new Map(
    instances.map(([, name = '', body = '']) => {
      const value = (word: string) => new RegExp(`^ +${word} (\\S+)$`, 'm').exec(body)?.[1] ?? '';
      const list = (word: string) => new RegExp(`^ +${word} \\{\\n([^}]*)\\}`, 'm').exec(body)?.[1]?.trim().split(/\s+/) ?? [];
      const told: Told = {
        link: value('interface'),
        virtualRouterId: Number(value('virtual_router_id')),
        priority: Number(value('priority')),
        advertSeconds: Number(value('advert_int')),
        vips: [...list('virtual_ipaddress'), ...list('virtual_ipaddress_excluded')].map(bare).sort(),
      };
      return [name, told];
    }),
  );
}

/** The part of keepalived's JSON that is looked at. A VIP is `203.0.113.10 dev front scope global set`. */
interface Answer {
  readonly vrrp: readonly {
    readonly data: {
      readonly iname: string;
      readonly ifp_ifname: string;
      readonly vrid: number;
      readonly base_priority: number;
      readonly adver_int: number;
      readonly vips?: readonly string[];
      readonly evips?: readonly string[];
    };
  }[];
}

/** The instances that keepalived runs; null when it did not say so. */
function running(json: string): ReadonlyMap<string, Told> | null {
  try {
    const { vrrp } = JSON.parse(json) as Answer;
    return new Map(
      vrrp.map(({ data: { iname, ifp_ifname, vrid, base_priority, adver_int, vips = [], evips = [] } }) => [
        iname,
        {
          link: ifp_ifname,
          virtualRouterId: vrid,
          priority: base_priority,
          advertSeconds: adver_int,
          vips: [...vips, ...evips].map((vip) => bare(vip.split(' ', 1)[0] ?? '')).sort(),
        },
      ]),
    );
  } catch {
    return null;
  }
}

/** An address without the prefix length of a single one, which keepalived does not repeat. */
function bare(vip: string): string {
  return vip.replace(/\/(?:32|128)$/, '');
}
