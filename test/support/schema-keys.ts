import type { z } from 'zod';

/** Whether a schema has a key at a path; `*` is any name of a record or index of a list. A condition is taken as it is: below it stand samples. */
export function hasKey(schema: z.core.$ZodType, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const part = Object.hasOwn(def.shape, key) ? def.shape[key] : key === '*' ? def.catchall : undefined;
      return part !== undefined && hasKey(part, rest);
    }
    case 'record':
      return key === '*' && hasKey(def.valueType, rest);
    case 'array':
      return key === '*' && hasKey(def.element, rest);
    case 'union':
      return def.options.some((option) => hasKey(option, [key, ...rest]));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return hasKey(def.innerType, [key, ...rest]);
    case 'lazy':
      return hasKey(def.getter(), [key, ...rest]);
    default:
      return false;
  }
}
