import { type HaproxyFiles, renderHaproxy } from '../../proxy/haproxy/render.ts';
import { isTransparent } from '../../proxy/haproxy/transparent.ts';
import { renderKeepalived } from '../../proxy/keepalived/render.ts';
import type { VrrpInstance } from '../../proxy/model.ts';
import { type Capacity, capacity } from '../../tuning/capacity.ts';
import type { Hardware, Knob } from '../../tuning/hardware.ts';
import { overloads } from '../../tuning/overload.ts';
import { type Asked, appliedKnobs, tune } from '../../tuning/tune.ts';
import type { Config, Files } from '../config/config.ts';
import type { Problem } from '../config/problem.ts';
import { renderNetworkd } from '../network/networkd.ts';
import { renderNftables } from '../network/nftables.ts';
import { demandOf } from './demand.ts';
import { firewallInput } from './firewall.ts';
import { transparentUnit, unitPath } from './haproxy-unit.ts';
import { type Held, type HostState, linkTo, type Path, textFile } from './host-state.ts';
import { heldByKnob, sysctlName } from './kernel-path.ts';
import { namedFiles, withCookieKeys } from './named-files.ts';
import { missingNics } from './nics.ts';
import { heading, systemFiles } from './system.ts';
import { vrrpInstances } from './vrrp.ts';

/** What a node's machine must hold, and what could not be said. */
export interface Desired {
  readonly state: HostState;
  /** The kernel values of the state, with their reasons. */
  readonly knobs: readonly Knob[];
  /** What the kernel values were planned from, but for the hardware. */
  readonly asked: Asked;
  /** For each line of HAProxy's files, the part of the document that asked for it. */
  readonly origins: HaproxyFiles['origins'];
  /** What the machine carries of what the document asks; null where the machine is not known. */
  readonly capacity: Capacity | null;
  /** What was left out, in words, because the machine or the files beside the document are not known. */
  readonly omitted: readonly string[];
  /** What the document asks that this machine, or any, must not do. */
  readonly problems: readonly Problem[];
}

const runDir = '/run/weir';

/**
 * The whole state of a node's machine, from its document and its hardware alone: the one place where facts of several sections meet. Without hardware,
 * what needs it (HAProxy's threads and connections, kernel values that depend on memory) is left out and listed; without files, so are the
 * certificates and maps.
 */
export function desiredState(config: Config, node: string, hardware: Hardware | null, files: Files | null): Desired {
  const instances = vrrpInstances(config, node, hardware?.virtualization ?? null);
  const demand = demandOf(config, node);
  const asked = askedOf(config, node);
  const { knobs: planned, problems, omitted, cpuPlan } = tune(hardware, asked.profile, demand, asked.overrides, asked.links);
  const knobs = appliedKnobs(planned, hardware);
  const named = namedFiles(config.proxy, files);
  const size = hardware === null ? null : capacity(hardware, demand);
  const haproxy = renderHaproxy(withCookieKeys(config.proxy, named), {
    threads: cpuPlan?.threads ?? null,
    maxconn: size?.maxconn ?? null,
    node,
    runDir,
  });

  const entries: (readonly [Path, Held])[] = [
    ...systemFiles(config.system, node),
    ...[...renderNetworkd(networkInput(config, node, instances))].map(([path, text]) => [path, textFile(text)] as const),
    [`${runDir}/nftables.conf`, textFile(renderNftables(firewallInput(config, node, instances)))],
    ['/run/sysctl.d/90-weir.conf', textFile(sysctlFile(knobs))],
    ...knobs.map((knob) => [knob.path, heldByKnob(knob)] as const),
    ...named.held,
    ...[...haproxy.beside].map(([path, text]) => [path, textFile(text)] as const),
    ...[...haproxy.links].map(([path, target]) => [path, linkTo(target)] as const),
    [`${runDir}/haproxy.cfg`, { content: haproxy.config, mode: 0o600, owner: 'root:root' }],
    ...(isTransparent(config.proxy) ? [[unitPath, transparentUnit()] as const] : []),
    ...(instances.length === 0 ? [] : [[`${runDir}/keepalived.conf`, textFile(renderKeepalived(instances, node))] as const]),
  ];
  return {
    state: new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    knobs,
    asked,
    origins: haproxy.origins,
    capacity: size,
    problems: [
      ...problems,
      ...(hardware === null ? [] : missingNics(config, node, hardware)),
      ...(hardware === null || size === null ? [] : overloads(hardware, demand, size)),
    ],
    omitted: [
      ...(hardware === null ? ["HAProxy's threads and connection limit: the hardware is not known"] : []),
      ...(hardware === null && Object.values(config.vrrp).some(({ advert }) => advert === 'auto') && instances.length > 0
        ? ['the advert interval "auto" was taken as "normal": whether this is a virtual machine is not known']
        : []),
      // what a NIC cannot have is no gap of what is known: `weir tune` says it
      ...omitted.filter(({ path }) => path.startsWith('/')).map(({ path, why }) => `${path}: ${why}`),
      ...named.missing.map((path) => `${path}: the file beside the document is not known`),
    ],
  };
}

/** What a document asks of the kernel of one of its nodes. */
export function askedOf(config: Config, node: string): Asked {
  return { profile: config.tuning.profile, demand: demandOf(config, node), overrides: config.tuning.sysctl, links: config.tuning.links };
}

/** The kernel values of the document that no machine takes; `desiredState` says them again for its own. */
export function refusedKnobs(config: Config): readonly Problem[] {
  return tune(null, config.tuning.profile, demandOf(config), config.tuning.sysctl, config.tuning.links).problems;
}

/** VIPs stand on the link of their VRRP instance; a single node holds them itself. */
function networkInput(config: Config, node: string, instances: readonly VrrpInstance[]) {
  const vips = new Map<string, string[]>();
  for (const { link, addresses } of Object.values(config.vips)) vips.set(link, [...(vips.get(link) ?? []), ...addresses]);
  return {
    links: Object.values(config.nodes[node]?.links ?? {}),
    vips,
    holdsVips: instances.length === 0,
    usesDhcpDns: config.system.dns.length === 0,
    isTransparent: isTransparent(config.proxy),
  };
}

/** The kernel values as systemd-sysctl sets them at boot, before anything listens (sysctl.d(5)). */
function sysctlFile(knobs: readonly Knob[]): string {
  return [
    heading,
    ...knobs.filter(({ path }) => path.startsWith('/proc/sys/')).map(({ path, value }) => `${sysctlName(path)} = ${value}`),
    '',
  ].join('\n');
}
