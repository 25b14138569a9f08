import type { Peers } from '../model/peers.ts';
import type { DataPlane } from '../model.ts';
import { addressText } from './address.ts';
import { type Line, placed } from './line.ts';
import { comment, line, name } from './quote.ts';
import { tableWords } from './stick-table.ts';
import { wordList } from './words.ts';

/** What stick tables name to be handed over where the document has no peers: a section of {@link peersSections}. */
export const localPeers = 'local';

/**
 * The sections of peers (configuration manual, 3.5 "Peers"). Through one of them an old worker teaches the next one at a reload: of several, HAProxy 3.0
 * hands over the tables of one alone (`dont_stop` in its `peers.c`, seen on 3.0.11), so the section for the next worker is there only where the document
 * has none. The old worker has left the file system behind when it connects: its chroot has the socket's folder at the same path. What the socket takes
 * and gives is not authenticated, so only root and HAProxy's group may enter that folder. In a section of the document the same is done by the address
 * that this node listens on.
 */
export function peersSections({ stickTables, peers }: DataPlane, node: string, runDir: string): readonly (readonly Line[])[] {
  const local = [
    `peers ${localPeers}`,
    comment('the old worker teaches the new one its tables at a reload; the folder lets in nobody else'),
    line('bind', `unix@${runDir}/peers/local.sock`, 'mode', 666),
    line('server', name(node)),
  ];
  return [...(peers.length === 0 && stickTables.length > 0 ? [local] : []), ...peers.map((each) => peersSection(each, stickTables, node))];
}

function peersSection({ name: called, servers, tls }: Peers, tables: DataPlane['stickTables'], node: string): readonly Line[] {
  const own = servers.find((server) => server.name === node);
  if (own === undefined) throw new Error(`${node} is not among the peers ${called}`);
  const others = servers.filter((server) => server !== own);
  const secured = tls === null ? [] : ['ssl', ...wordList(tls), 'verify', 'required'];
  const isIpv6 = own.address.includes(':');
  // who they are let in by their firewalls: connections come from where this node listens
  const source = (address: string) => (address.includes(':') === isIpv6 ? ['source', isIpv6 ? `[${own.address}]` : own.address] : []);
  return placed(
    ['peers', called],
    [
      `peers ${name(called)}`,
      ...placed(['servers', node], [line('bind', addressText(own), ...secured)]),
      ...(tls === null ? [] : placed(['ssl'], [line('default-server', ...secured)])),
      comment('this node; by its address an old worker teaches the next one at a reload, and the others tell it'),
      ...placed(['servers', node], [line('server', name(node))]),
      ...others.flatMap((peer) =>
        placed(['servers', peer.name], [line('server', name(peer.name), addressText(peer), ...source(peer.address))]),
      ),
      ...ownTables(called, tables),
    ],
  );
}

/** The tables that a section declares itself. */
function ownTables(section: string, tables: DataPlane['stickTables']): readonly Line[] {
  return tables.flatMap((table) => {
    if (!table.isOfPeers || table.peers !== section) return [];
    const own = table.name.slice(section.length + 1);
    return placed(['table', own], [line('table', name(own), ...tableWords(table, null))]);
  });
}

/** The sections of peers as a HAProxy has them that tells nobody and hears of nobody: for the tables that they declare. */
export function silentPeersSections({ stickTables, peers }: DataPlane): readonly (readonly Line[])[] {
  return peers.flatMap(({ name: called }) => {
    const own = ownTables(called, stickTables);
    return own.length === 0 ? [] : [placed(['peers', called], [`peers ${name(called)}`, line('disabled'), ...own])];
  });
}
