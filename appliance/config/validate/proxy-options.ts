import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';

type Backend = Context['document']['backends'][string];

/** Checks that what the PROXY protocol tells besides addresses is told by its second version, which alone can: HAProxy would leave it out without a word. */
export function checkProxyOptions(
  { servers, 'server-template': templates, 'default-server': shared }: Backend,
  at: At,
): readonly Problem[] {
  const all = [
    ...Object.entries(servers).map(([name, input]) => ({
      place: ['servers', name],
      own: (typeof input === 'string' ? {} : input) as Partial<typeof shared>,
    })),
    ...Object.entries(templates).map(([name, own]) => ({ place: ['server-template', name], own: own as Partial<typeof shared> })),
  ];
  const places = all.flatMap(({ place, own }) => {
    const { 'proxy-v2-options': told, 'send-proxy': version } = { ...shared, ...own };
    const isOwn = own['proxy-v2-options'] !== undefined;
    // a server may leave the protocol out that the others speak
    if (told === undefined || version === 'v2' || (!isOwn && own['send-proxy'] === false)) return [];
    return [[...at, ...(isOwn ? place : ['default-server']), 'proxy-v2-options']];
  });
  const once = new Map(places.map((place) => [place.join(' '), place]));
  return [...once.values()].map((place) => ({
    ...problem(place, 'proxy-v2-options needs send-proxy: v2', 'version 1 tells addresses alone'),
    on: 'key' as const,
  }));
}
