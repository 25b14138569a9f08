import type { DataPlane } from '../model.ts';
import { backendSection } from './backend.ts';
import { ipv4Ports, socketLinks } from './bind.ts';
import { cacheSection } from './cache.ts';
import { certificateLines, certificateLists } from './crt-list.ts';
import { defaultsSections } from './defaults.ts';
import { fcgiAppSection } from './fcgi-app.ts';
import { frontendSection } from './frontend.ts';
import { globalSection, type HaproxyMachine } from './global.ts';
import { type Line, type Origins, placeOf, textOf } from './line.ts';
import { logForwardSection } from './log-forward.ts';
import { ringSection } from './logging.ts';
import { mailersSection } from './mailers.ts';
import { digest, generationMark, markLine } from './mark.ts';
import { httpErrorsSection } from './own-answer.ts';
import { localPeers, peersSections } from './peers.ts';
import { resolversSections } from './resolvers.ts';
import { spoeFile, spoePath } from './spoe.ts';
import { stickTableSection } from './stick-table.ts';
import { userlistSection } from './userlist.ts';

export type { HaproxyMachine } from './global.ts';
export { generationMark } from './mark.ts';

/** HAProxy's files: `haproxy.cfg`, what it names by its path (crt-lists, configurations of agents), and the links to its UNIX sockets with their targets. */
export interface HaproxyFiles {
  readonly config: string;
  readonly beside: ReadonlyMap<string, string>;
  /** Whose the lines of `haproxy.cfg` and of the agents' files are. */
  readonly origins: Origins;
  readonly links: ReadonlyMap<string, string>;
}

const header = '# written by weir from config.yaml, edits here are lost';

/**
 * The data plane as HAProxy 3.0 reads it, for one machine: same input, same bytes. `global` carries the mark of all the rest (`generationMark`), so
 * that a running worker can be asked which generation it is; the files beside are part of it by their digests.
 * Throws on what the document's checks should have refused: control characters, names that nothing has, conditions too long for a line.
 */
export function renderHaproxy(plane: DataPlane, machine: HaproxyMachine): HaproxyFiles {
  const {
    maps: _readInSamples,
    lists: _readInConditions,
    userlists,
    acls: _declaredWhereUsed,
    certificates,
    stickTables,
    peers: _besideTheirTables,
    rings,
    caches,
    mailers,
    httpErrors,
    logForwards,
    fcgiApps,
    spoeAgents,
    frontends,
    backends,
  } = plane;
  const binds = frontends.flatMap((frontend) => frontend.binds);
  const mailed = new Set([plane.defaults, ...backends].map(({ emailAlert }) => emailAlert.mailers));
  const takenByIpv4 = ipv4Ports(binds);
  const sockets = socketLinks(binds, machine.runDir);
  const known = certificateLines(certificates);
  const listed = frontends.map((frontend) => ({ frontend, lists: certificateLists(frontend, known, machine.runDir) }));
  const lists = listed.flatMap((each) => [...new Set(each.lists)].filter((list) => list !== null));
  // HAProxy 3.0 hands over the tables of one section of peers
  const handedOver = plane.peers.length === 0 ? localPeers : null;
  const [globalTitle = 'global', ...global] = globalSection(plane, machine);

  const asText = (lines: readonly Line[]): string => `${lines.map(textOf).join('\n')}\n`;
  const asked = new Set([...frontends, ...backends].flatMap(({ spoe }) => spoe));
  const agents = spoeAgents
    .filter(({ name }) => asked.has(name))
    .map((agent) => ({ path: spoePath(agent.name, machine.runDir), lines: [header, ...spoeFile(agent, plane)] }));
  const beside = new Map(
    [...lists, ...agents.map(({ path, lines }) => ({ path, text: asText(lines) }))].map(({ path, text }) => [path, text]),
  );

  const linesWith = (marking: readonly string[]): readonly Line[] => {
    const sections: readonly (readonly Line[])[] = [
      [header, ...[...beside].map(([path, text]) => `# ${path} ${digest(text)}`)],
      [globalTitle, ...marking, ...global],
      ...defaultsSections(plane),
      ...resolversSections(plane),
      ...peersSections(plane, machine.node, machine.runDir),
      ...rings.map(ringSection),
      ...userlists.map(userlistSection),
      ...caches.map(cacheSection),
      // HAProxy takes a section that nobody uses for a mistake
      ...mailers.filter(({ name }) => mailed.has(name)).map(mailersSection),
      ...httpErrors.map(httpErrorsSection),
      ...logForwards.map(logForwardSection),
      ...fcgiApps.map(fcgiAppSection),
      ...stickTables.filter(({ isOfPeers }) => !isOfPeers).map((table) => stickTableSection(table, table.peers ?? handedOver)),
      ...listed.map((each) => frontendSection(each.frontend, plane, takenByIpv4, each.lists, machine.runDir)),
      ...backends.map((backend) => backendSection(backend, plane, sockets, machine.runDir)),
    ];
    return sections.flatMap((section, index) => (index === 0 ? section : ['', ...section]));
  };
  const marked = linesWith([markLine(generationMark(asText(linesWith([]))))]);

  return {
    config: asText(marked),
    beside,
    origins: new Map(
      [{ path: `${machine.runDir}/haproxy.cfg`, lines: marked }, ...agents].map(({ path, lines }) => [path, lines.map(placeOf)]),
    ),
    links: sockets,
  };
}
