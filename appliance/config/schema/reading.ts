import { z } from 'zod';

/** Sections whose things others name. */
export type Section =
  | 'nodes'
  | 'vrrp'
  | 'vips'
  | 'certificates'
  | 'acls'
  | 'maps'
  | 'lists'
  | 'userlists'
  | 'rings'
  | 'stick-tables'
  | 'peers'
  | 'resolvers'
  | 'caches'
  | 'mailers'
  | 'fcgi-apps'
  | 'spoe-agents'
  | 'http-errors'
  | 'frontends'
  | 'backends';

/**
 * What a text of the document is for HAProxy, beyond its form: a sample expression (configuration manual, 7.1), a log-format string (8.2.6), a regular
 * expression, a condition, the name of a thing of the document, or of a file beside it. The schema says it where the text is declared; validate/readings.ts looks at all of them.
 */
export type Reading =
  | { readonly kind: 'sample' }
  | { readonly kind: 'log-format' }
  | { readonly kind: 'regex' }
  | { readonly kind: 'condition' }
  | { readonly kind: 'file'; readonly folder: 'pages' | 'lua' | 'secrets' }
  | { readonly kind: 'name'; readonly of: Section };

/** Which values are read how. */
export const readings = z.registry<Reading>();

/** A value with its place in the document, and how it is read: a text, or whatever a condition is made of. */
export interface Read {
  readonly reading: Reading;
  readonly value: unknown;
  readonly at: readonly (string | number)[];
}

/** A schema as zod describes it to those who walk it. */
type Schema = z.core.$ZodType;

const below = new WeakMap<Schema, boolean>();

/** Whether a schema has a reading in it; what is made of itself (conditions) is not looked into. */
function isRead(schema: Schema): boolean {
  const known = below.get(schema);
  if (known !== undefined) return known;
  below.set(schema, false);
  const found = readings.get(schema as z.ZodType) !== undefined || partsOf(schema).some(isRead);
  below.set(schema, found);
  return found;
}

/** The schemas that one is made of. */
function partsOf(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return [...Object.values(def.shape), ...(def.catchall === undefined ? [] : [def.catchall])];
    case 'record':
      return [def.valueType];
    case 'array':
      return [def.element];
    case 'union':
      return def.options;
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return [def.innerType];
    default:
      return [];
  }
}

/** Every part of a value that its schema says how to read, in the value's order. The value has passed the schema. */
export function readingsIn(schema: Schema, value: unknown, at: Read['at'] = []): readonly Read[] {
  const found: Read[] = [];
  walk(schema, value, [...at], found);
  return found;
}

/** Walks down a value with its schema; `path` is that of the value, changed on the way and left as it was. */
function walk(schema: Schema, value: unknown, path: (string | number)[], found: Read[]): void {
  if (value === undefined || !isRead(schema)) return;
  const reading = readings.get(schema as z.ZodType);
  if (reading !== undefined) found.push({ reading, value, at: [...path] });
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const descend = (step: string | number, part: Schema, below: unknown) => {
    path.push(step);
    walk(part, below, path, found);
    path.pop();
  };
  switch (def.type) {
    case 'object':
      for (const [key, below] of Object.entries(value as object)) {
        const part = Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall;
        if (part !== undefined) descend(key, part, below);
      }
      return;
    case 'record':
      for (const [key, below] of Object.entries(value as object)) descend(key, def.valueType, below);
      return;
    case 'array':
      for (const [index, below] of (value as readonly unknown[]).entries()) descend(index, def.element, below);
      return;
    case 'union': {
      // which of several texts it is need not be known where none of them is read
      if (typeof value !== 'object' && !def.options.some((option) => !isContainer(option) && isRead(option))) return;
      const taken = def.options.find((option) => takes(option, value));
      if (taken !== undefined) walk(taken, value, path, found);
      return;
    }
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      walk(def.innerType, value, path, found);
  }
}

function isContainer(schema: Schema): boolean {
  return ['object', 'record', 'array'].includes(schema._zod.def.type);
}

/** Whether a part of a union is the one that a value has passed, by the kind of value and, of maps, by their keys. */
function takes(schema: Schema, value: unknown): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return (
        isMap(value) &&
        (def.catchall !== undefined && def.catchall._zod.def.type !== 'never'
          ? true
          : Object.keys(value).every((key) => Object.hasOwn(def.shape, key)))
      );
    case 'record':
      return isMap(value);
    case 'array':
      return Array.isArray(value);
    case 'union':
      return def.options.some((option) => takes(option, value));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return takes(def.innerType, value);
    default:
      // Of several texts the one that has this form: a time, or a sample.
      return !isMap(value) && !Array.isArray(value) && z.core.safeParse(schema, value).success;
  }
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
