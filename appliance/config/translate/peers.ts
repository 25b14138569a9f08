import type { Peers } from '../../../proxy/model/peers.ts';
import type { StickTable } from '../../../proxy/model.ts';
import { parseEndpoint } from '../schema/address.ts';
import type { Document } from '../schema.ts';
import { shownCertificate } from './server.ts';
import { CERTIFICATES } from './words.ts';

/** A section of peers in long form. */
export function translatePeers(name: string, { servers, ssl }: Document['peers'][string], document: Document): Peers {
  return {
    name,
    servers: Object.entries(servers).map(([server, said]) => {
      const endpoint = parseEndpoint(said);
      return {
        name: server,
        ...(typeof endpoint === 'string' ? { address: said, port: 0 } : { address: endpoint.host, port: endpoint.port }),
      };
    }),
    tls: ssl === undefined ? null : { ...shownCertificate(ssl.crt, document), 'ca-file': `${CERTIFICATES}/${ssl['ca-file']}` },
  };
}

/** The stick tables of a document, those that sections of peers declare behind the others. */
export function translateTables({ 'stick-tables': tables, peers }: Document): readonly StickTable[] {
  return [
    ...Object.entries(tables).map(([name, table]) => ({ ...translateTable(name, table), peers: table.peers ?? null, isOfPeers: false })),
    ...Object.entries(peers).flatMap(([section, { table }]) =>
      Object.entries(table).map(([name, each]) => ({ ...translateTable(`${section}/${name}`, each), peers: section, isOfPeers: true })),
    ),
  ];
}

type TableInput = Document['peers'][string]['table'][string];

function translateTable(name: string, input: TableInput): Omit<StickTable, 'peers' | 'isOfPeers'> {
  const { type, length, size, expire, store, srvkey, nopurge, 'write-to': writeTo } = input;
  return {
    name,
    type,
    length: length ?? null,
    size: String(size),
    expire: expire ?? null,
    store,
    srvkey,
    nopurge,
    writeTo: writeTo ?? null,
  };
}
