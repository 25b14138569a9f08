import type { Problem } from '../problem.ts';
import { type At, type Context, problem } from './context.ts';

type Backend = Context['document']['backends'][string];

/** HAProxy reads 64 words a line (configuration manual, 2.1), of which a server's names, id and cookie are up to ten. */
const MOST_WORDS = 54;

/** Keys of a server that are no options, and are counted already. */
const IDENTITY: readonly string[] = ['address', 'cookie', 'backup', 'count'];

/** Checks that what a server has of its own fits into its line: what all servers of a backend have alike stands apart. */
export function checkServerLines({ servers, 'server-template': templates, 'default-server': shared }: Backend, at: At): readonly Problem[] {
  const all = [
    ...Object.entries(servers).map(([name, input]) => ({ place: [...at, 'servers', name], own: typeof input === 'string' ? {} : input })),
    ...Object.entries(templates).map(([name, input]) => ({ place: [...at, 'server-template', name], own: input })),
  ];
  const apart = new Set(all.flatMap(({ own }) => Object.keys(own).filter((key) => !IDENTITY.includes(key))));
  return all.flatMap(({ place, own }) => {
    const options: Readonly<Record<string, unknown>> = { ...shared, ...own };
    const count = [...apart].reduce((sum, key) => sum + wordsOf(key, options[key]), 0);
    if (count <= MOST_WORDS) return [];
    return [
      problem(
        place,
        'this server has more options of its own than a line of HAProxy holds',
        'write what servers share below default-server',
      ),
    ];
  });
}

/** How many words an option is, at most. */
function wordsOf(key: string, value: unknown): number {
  if (value === undefined || value === false) return 0;
  if (key === 'ssl') return 12;
  if (key === 'check') return value === true ? 0 : 21;
  if (key === 'source') return typeof value === 'object' ? 4 : 2;
  if (key === 'agent-check') return 1 + 2 * Object.keys(value as object).length;
  return value === true ? 1 : 2;
}
