import type { Action, DataPlane } from '../model.ts';

/** Every action of a data plane, section by section. */
export function actionsOf({ frontends, backends }: DataPlane): readonly Action[] {
  return [...frontends, ...backends].flatMap(({ rules }) => Object.values(rules).flatMap((list) => list.map(({ action }) => action)));
}
