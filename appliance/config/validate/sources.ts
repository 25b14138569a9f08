import { type Problem, quote } from '../problem.ts';
import { parseAddress, unusable, withArticle } from '../schema/address.ts';
import { type At, type Context, problem } from './context.ts';
import { networksOf } from './links.ts';

type Backend = Context['document']['backends'][string];
type Source = NonNullable<Backend['default-server']['source']>;

/** Checks that connections to servers come from what every node has: others would never be made. */
export function checkSources({ document, isWhole }: Context): readonly Problem[] {
  const sources = Object.entries(document.backends).flatMap(([name, backend]) => sourcesOf(backend, ['backends', name]));
  if (sources.length === 0 || !isWhole('nodes') || !isWhole('vips')) return [];
  const vips = Object.values(document.vips).flatMap(({ addresses }) => addresses.map((each) => parseAddress(each)?.text ?? each));
  const nodes = Object.entries(document.nodes).map(([node, { links }]) => ({
    node,
    links,
    // with DHCP it is not known which addresses there are
    isKnown: Object.values(links).every(({ addresses }) => typeof addresses !== 'string'),
    addresses: new Set([...vips, ...Object.values(links).flatMap((link) => networksOf(link).map(({ text }) => text))]),
  }));
  return sources.flatMap(({ source, at }) => {
    const { address, interface: device } = typeof source === 'string' ? { address: source } : source;
    const parsed = address === undefined ? null : parseAddress(address);
    const place = typeof source === 'string' ? at : [...at, 'address'];
    const range = parsed === null ? null : unusable(parsed);
    if (range !== null && range !== 'loopback')
      return [problem(place, `${quote(address ?? '')} is ${withArticle(range)} address, which nothing comes from`)];
    return nodes.flatMap(({ node, links, isKnown, addresses }) => [
      ...(parsed !== null && range === null && isKnown && !addresses.has(parsed.text)
        ? [
            problem(
              place,
              `node ${quote(node)} does not have the address ${parsed.text}`,
              'name one that every node has, or write interface: and a link',
            ),
          ]
        : []),
      ...(device !== undefined && !Object.hasOwn(links, device)
        ? [problem([...at, 'interface'], `node ${quote(node)} has no link ${quote(device)}`)]
        : []),
    ]);
  });
}

function sourcesOf(backend: Backend, at: At): readonly { readonly source: Source; readonly at: At }[] {
  const { source, servers, 'server-template': templates, 'default-server': shared } = backend;
  const own = (of: Source | undefined, place: At) => (of === undefined ? [] : [{ source: of, at: [...place, 'source'] }]);
  return [
    ...(Array.isArray(source)
      ? (source as readonly Source[]).map((each, index) => ({ source: each, at: [...at, 'source', index] }))
      : own(source as Source | undefined, at)),
    ...own(shared.source, [...at, 'default-server']),
    ...Object.entries(servers).flatMap(([name, input]) => (typeof input === 'string' ? [] : own(input.source, [...at, 'servers', name]))),
    ...Object.entries(templates).flatMap(([name, input]) => own(input.source, [...at, 'server-template', name])),
  ];
}
