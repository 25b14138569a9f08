import { namedBackends } from '../translate/frontend.ts';
import type { Context } from './context.ts';

/** The frontends that lead to each backend, by their own words; those that a map leads to are in its file. */
export function usersOf({ frontends }: Context['document']): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const [frontend, { default_backend, use_backend }] of Object.entries(frontends)) {
    const named = [
      ...use_backend.flatMap(({ backend }) => namedBackends(backend)),
      ...(default_backend === undefined ? [] : [default_backend]),
    ];
    for (const backend of new Set(named)) {
      const known = users.get(backend);
      if (known === undefined) users.set(backend, [frontend]);
      else known.push(frontend);
    }
  }
  return users;
}
