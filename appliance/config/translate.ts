import type { DataPlane, PatternMap, Userlist } from '../../proxy/model.ts';
import type { Config, System, Vip } from './config.ts';
import { withMapFiles } from './map-call.ts';
import { changeEverySample } from './samples.ts';
import { parseAddress } from './schema/address.ts';
import { parseLogTarget } from './schema/system.ts';
import type { Document } from './schema.ts';
import { translateBackend } from './translate/backend.ts';
import { translateCertificate } from './translate/bind.ts';
import { translateCache } from './translate/cache.ts';
import { translateCondition } from './translate/condition.ts';
import { translateFcgiApp } from './translate/fcgi-app.ts';
import { namedBackends, translateFrontend } from './translate/frontend.ts';
import { translateGlobal } from './translate/global.ts';
import { translateLogForward } from './translate/log-forward.ts';
import { translateRing } from './translate/logging.ts';
import { translateMailers } from './translate/mailers.ts';
import { translateNode } from './translate/node.ts';
import { translateHttpErrors } from './translate/own-answer.ts';
import { translatePeers, translateTables } from './translate/peers.ts';
import { translateResolvers } from './translate/resolvers.ts';
import { translateSpoeAgent } from './translate/spoe-agent.ts';
import { translateLinkTuning } from './translate/tuning.ts';

/** The folder of maps on the appliance. */
const MAPS = '/run/weir/maps';

/** The Config that a document without mistakes means: shorthands in long form, names resolved, files as paths on the appliance. */
export function translate(document: Document): Config {
  const { nodes, vrrp, vips, tuning } = document;
  return {
    version: 1,
    system: translateSystem(document.system),
    nodes: mapped(nodes, translateNode),
    vrrp: mapped(vrrp, ({ link, virtual_router_id, advert, prefer = null }, name) => ({
      name,
      link,
      virtualRouterId: virtual_router_id,
      advert,
      prefer,
    })),
    vips: mapped(vips, (vip, name) => translateVip(name, vip, document)),
    proxy: translateProxy(document),
    tuning: { profile: tuning.profile, sysctl: mapped(tuning.sysctl, String), links: mapped(tuning.links, translateLinkTuning) },
  };
}

/** The mode of each backend: its own, else tcp where an agent uses it, else that of the first frontend that uses it, else http. */
export function backendModes({ frontends, backends, 'spoe-agents': agents }: Document): ReadonlyMap<string, 'http' | 'tcp'> {
  const modes = new Map<string, 'http' | 'tcp'>(Object.values(agents).map((agent) => [agent['use-backend'], 'tcp']));
  for (const { mode, default_backend, use_backend } of Object.values(frontends)) {
    for (const name of [
      ...use_backend.flatMap(({ backend }) => namedBackends(backend)),
      ...(default_backend === undefined ? [] : [default_backend]),
    ]) {
      if (!modes.has(name)) modes.set(name, mode);
    }
  }
  return new Map(Object.entries(backends).map(([name, { mode }]) => [name, mode ?? modes.get(name) ?? 'http']));
}

/** The link that carries a VIP: that of its VRRP instance, or its own. */
export function linkOfVip({ vrrp, link }: Document['vips'][string], instances: Document['vrrp']): string | null {
  if (vrrp === undefined) return link ?? null;
  return Object.hasOwn(instances, vrrp) ? (instances[vrrp]?.link ?? null) : null;
}

function mapped<In, Out>(record: Readonly<Record<string, In>>, change: (value: In, name: string) => Out): Readonly<Record<string, Out>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

function translateSystem({ timezone, keymap, dns, ntp, admin, ssh, log }: Document['system']): System {
  const target = log?.to === undefined ? null : parseLogTarget(log.to);
  return {
    timezone,
    keymap,
    dns: dns.map(spelled),
    ntp: ntp.map(spelled),
    adminPassword: admin.password ?? null,
    ssh: { keys: ssh.keys, from: ssh.from },
    log: target === null || log === undefined ? null : { ...target, format: log.format },
  };
}

function translateVip(name: string, vip: Document['vips'][string], { vrrp }: Document): Vip {
  return { name, vrrp: vip.vrrp ?? null, link: linkOfVip(vip, vrrp) ?? '', addresses: vip.addresses.map(spelled) };
}

function translatePatterns([name, { match, file }]: readonly [string, Document['maps'][string]]): PatternMap {
  return { name, match, file: `${MAPS}/${file}` };
}

function translateUser([name, user]: readonly [string, Document['userlists'][string]['users'][string]]): Userlist['users'][number] {
  return { name, ...user };
}

/** A document in which samples name maps by their files. */
function withFiles(document: Document): Document {
  const { maps } = document;
  return Object.keys(maps).length === 0 ? document : changeEverySample(document, (sample) => withMapFiles(sample, maps, MAPS));
}

function translateProxy(said: Document): DataPlane {
  const document = withFiles(said);
  const modes = backendModes(document);
  return {
    acls: Object.entries(document.acls).map(([name, input]) => ({ name, condition: translateCondition(input) })),
    maps: Object.entries(document.maps).map(translatePatterns),
    lists: Object.entries(document.lists).map(translatePatterns),
    userlists: Object.entries(document.userlists).map(([name, { users }]) => ({ name, users: Object.entries(users).map(translateUser) })),
    stickTables: translateTables(document),
    peers: Object.entries(document.peers).map(([name, section]) => translatePeers(name, section, document)),
    certificates: Object.entries(document.certificates).map(([name, certificate]) => translateCertificate(name, certificate)),
    frontends: Object.entries(document.frontends).map(([name, frontend]) => translateFrontend(name, frontend, document)),
    backends: Object.entries(document.backends).map(([name, backend]) =>
      translateBackend(name, backend, modes.get(name) ?? 'http', document),
    ),
    resolvers: Object.entries(document.resolvers).map(([name, input]) => translateResolvers(name, input)),
    caches: Object.entries(document.caches).map(([name, cache]) => translateCache(name, cache)),
    fcgiApps: Object.entries(document['fcgi-apps']).map(([name, app]) => translateFcgiApp(name, app)),
    spoeAgents: Object.entries(document['spoe-agents']).map(([name, agent]) => translateSpoeAgent(name, agent)),
    mailers: Object.entries(document.mailers).map(([name, section]) => translateMailers(name, section)),
    httpErrors: Object.entries(document['http-errors']).map(([name, group]) => translateHttpErrors(name, group)),
    logForwards: Object.entries(document['log-forward']).map(([name, input]) => translateLogForward(name, input, document)),
    logSample: document.system.log?.sample ?? null,
    ...translateGlobal(document),
    rings: Object.entries(document.rings).map(([name, ring]) => translateRing(name, ring)),
    extraGlobal: document.global.extra,
    extraDefaults: document.defaults.extra,
  };
}

/** An address in its one spelling; a host name stays as it is. */
function spelled(value: string): string {
  return parseAddress(value)?.text ?? value;
}
