import { type Problem, quote } from '../problem.ts';
import { parseAddress, parseEndpoint } from '../schema/address.ts';
import { listens } from '../translate/bind.ts';
import { type At, type Context, problem } from './context.ts';
import { everyLink, networksOf } from './links.ts';

/** Checks sections that take logs in: HAProxy knows them and proxies by one name, their links are on every node, and no line comes back to where it came in. */
export function checkLogForwards({ document, isWhole }: Context): readonly Problem[] {
  const { 'log-forward': forwards, nodes, frontends, backends, 'stick-tables': tables } = document;
  const comesBack = comingBack(document);
  return Object.entries(forwards).flatMap(([name, forward]) => {
    const at = ['log-forward', name];
    const [section] = Object.entries({ frontend: frontends, backend: backends, 'stick table': tables }).flatMap(([noun, of]) =>
      Object.hasOwn(of, name) ? [noun] : [],
    );
    return [
      ...(section === undefined
        ? []
        : [
            {
              ...problem(at, `a ${section} has the name ${quote(name)} too`, 'HAProxy knows both by one name: choose another'),
              on: 'key' as const,
            },
          ]),
      ...(['bind', 'dgram-bind'] as const).flatMap((key) =>
        forward[key].flatMap(({ interface: link }, index) => {
          const without = Object.entries(nodes).find(([, { links }]) => link !== undefined && !Object.hasOwn(links, link));
          if (without === undefined || !isWhole('nodes')) return [];
          const message = `node ${quote(without[0])} has no link ${quote(link ?? '')}`;
          return [problem([...at, key, index, 'interface'], message, 'HAProxy would not start there')];
        }),
      ),
      ...forward.log.flatMap(({ address, ring }, index): readonly Problem[] => {
        const of = ring === undefined || !Object.hasOwn(document.rings, ring) ? undefined : document.rings[ring];
        const [key, target, protocol] = ring === undefined ? ['address', address, 'udp'] : ['ring', of?.address, 'tcp'];
        const place: At = [...at, 'log', index, key ?? ''];
        return target !== undefined && comesBack(target, protocol === 'tcp' ? 'bind' : 'dgram-bind')
          ? [
              problem(
                place,
                `lines that go to ${target} come in here again`,
                'they would go round and round: name the server that keeps them',
              ),
            ]
          : [];
      }),
    ];
  });
}

/** Tells whether what is sent to a place comes in at a section that takes logs in. */
function comingBack({
  'log-forward': forwards,
  vips,
  nodes,
}: Context['document']): (target: string, key: 'bind' | 'dgram-bind') => boolean {
  const own = new Set([
    ...everyLink(nodes).flatMap(({ link }) => networksOf(link).map(({ text }) => text)),
    ...Object.values(vips).flatMap(({ addresses }) => addresses.map((each) => parseAddress(each)?.text ?? each)),
  ]);
  const isOurs = (address: string) => own.has(address) || address.startsWith('127.') || address === '::1';
  return (target, key) => {
    const endpoint = parseEndpoint(target);
    if (typeof endpoint === 'string') return false;
    const { host, port } = endpoint;
    return Object.values(forwards).some((forward) =>
      forward[key].some((bind) =>
        listens(bind, vips).some(
          (each) =>
            each.port === port &&
            (each.address === host || (isOurs(host) && (each.address === '::' || (each.address === '*' && !host.includes(':'))))),
        ),
      ),
    );
  };
}
