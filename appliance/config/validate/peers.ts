import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseEndpoint } from '../schema/address.ts';
import { listens } from '../translate/bind.ts';
import { type At, type Context, firsts, problem, tablesOfPeers, warning } from './context.ts';
import { networksOf } from './links.ts';

type Section = Context['document']['peers'][string];

/** Checks sections of peers: every node is one of them and listens where it can, and that tables are copied to tables of their kind. */
export function checkPeers(context: Context): readonly Problem[] {
  const { peers, 'stick-tables': tables } = context.document;
  const [first, ...others] = Object.keys(peers);
  const owners = firsts<string>();
  return [
    ...Object.entries(peers).flatMap(([name, section]) => [
      ...checkSection(name, section, context),
      ...Object.entries(section.servers).flatMap(([server, address]) =>
        checkListen(server, address, ['peers', name, 'servers', server], context, owners(`${server} ${address}`, name)),
      ),
    ]),
    ...others
      .slice(0, 1)
      .map((name) =>
        warning(
          ['peers', name],
          'at a reload the tables of one section of peers are handed over, not of several',
          'HAProxy 3.0 chooses one; those of the others come back from their peers',
        ),
      ),
    ...Object.entries(tables).flatMap(([name, { peers: told }]) =>
      first === undefined || told !== undefined
        ? []
        : [
            warning(
              ['stick-tables', name],
              `stick table ${quote(name)} is empty after each reload`,
              `HAProxy 3.0 hands over the tables of one section of peers: write peers: ${first}`,
            ),
          ],
    ),
    ...Object.entries(tables).flatMap(([name, table]) => checkCopy(name, table, ['stick-tables', name], context)),
    ...Object.entries(peers).flatMap(([section, { table: own }]) =>
      Object.entries(own).flatMap(([name, table]) => checkCopy(`${section}/${name}`, table, ['peers', section, 'table', name], context)),
    ),
  ];
}

function checkSection(name: string, { servers, table }: Section, { document, nodeNames, isWhole }: Context): readonly Problem[] {
  const at: At = ['peers', name];
  const known = Object.keys(servers);
  const missing = isWhole('nodes') ? nodeNames.filter((node) => !known.includes(node)) : [];
  const [first = '', ...others] = Object.values(servers).map(familyOf);
  const isUsed = Object.keys(table).length > 0 || Object.values(document['stick-tables']).some(({ peers }) => peers === name);
  const strangers = known.filter((server) => !nodeNames.includes(server));
  return [
    ...missing.map((node) =>
      problem(
        [...at, 'servers'],
        `node ${quote(node)} is not one of them`,
        `write ${node}: and the address where it listens, such as 10.0.0.1:10000`,
      ),
    ),
    ...(missing.length === 0 && strangers.length === 0 && nodeNames.length < 2
      ? [problem([...at, 'servers'], 'there is no peer but this node', 'name the others, each as it calls itself (localpeer)')]
      : []),
    ...(others.some((family) => family !== first)
      ? [
          problem(
            [...at, 'servers'],
            'some peers have addresses of IPv4, some of IPv6',
            'a connection goes from one of these addresses to another: choose one family',
          ),
        ]
      : []),
    ...(isUsed || !isWhole('stick-tables')
      ? []
      : [warning(at, 'no stick table is told to these peers', `write peers: ${name} in one of stick-tables`)]),
  ];
}

function familyOf(address: string): string {
  return address.startsWith('[') ? '6' : '4';
}

/** Where a node listens: an address of its own, on a port that nothing else has. */
function checkListen(server: string, said: string, at: At, context: Context, owner: string | null): readonly Problem[] {
  const { document, isWhole, nodeNames } = context;
  const endpoint = parseEndpoint(said);
  if (typeof endpoint === 'string' || !nodeNames.includes(server)) return [];
  const { host, port } = endpoint;
  const node = Object.hasOwn(document.nodes, server) ? document.nodes[server] : undefined;
  const links = Object.values(node?.links ?? {});
  const own = links.flatMap((link) => networksOf(link).map(({ text }) => text));
  const isKnown = node !== undefined && isWhole('nodes') && links.every(({ addresses }) => typeof addresses !== 'string');
  const bound = Object.entries(document.frontends).find(([, { bind }]) =>
    bind.some((each) =>
      listens(each, document.vips).some(
        ({ address, port: from, lastPort }) =>
          port >= from && port <= lastPort && (address === host || address === '::' || (address === '*' && !host.includes(':'))),
      ),
    ),
  );
  return [
    ...(owner === null ? [] : [problem(at, `the peers ${quote(owner)} listen there already`, 'give these another port')]),
    ...(bound === undefined
      ? []
      : [problem(at, `frontend ${quote(bound[0])} listens on port ${port} of it already`, 'give the peers another port')]),
    ...(port === 22 && document.system.ssh.keys.length > 0
      ? [problem(at, 'port 22 is that of the SSH server of this machine', 'give the peers another port')]
      : []),
    ...(isKnown && !own.includes(parseAddress(host)?.text ?? host)
      ? [
          problem(
            at,
            `no link of node ${quote(server)} has the address ${host}`,
            'a node listens on an address of its own; a VIP may be at the other',
          ),
        ]
      : []),
  ];
}

type Table = Section['table'][string];

/** A copy is written to a table of the same kind, which is copied nowhere itself (configuration manual, 4.2 "stick-table", "write-to"). */
function checkCopy(name: string, table: Table, place: At, { document }: Context): readonly Problem[] {
  const copy = table['write-to'];
  if (copy === undefined) return [];
  const at = [...place, 'write-to'];
  if (copy === name) return [problem(at, 'a table is not copied to itself')];
  const tables: Readonly<Record<string, Table>> = { ...tablesOfPeers(document), ...document['stick-tables'] };
  const target = Object.hasOwn(tables, copy) ? tables[copy] : undefined;
  if (target === undefined) return [];
  if (target.type !== table.type || target.length !== table.length)
    return [problem(at, `stick table ${quote(copy)} has other keys`, 'type and length must be the same')];
  return target['write-to'] === undefined
    ? []
    : [problem(at, `stick table ${quote(copy)} is copied itself`, 'a copy is copied no further')];
}
