import { z } from 'zod';
import { backends } from './schema/backend.ts';
import { caches } from './schema/cache.ts';
import { certificates } from './schema/certificate.ts';
import { acls } from './schema/condition.ts';
import { fcgiApps } from './schema/fcgi-app.ts';
import { frontends } from './schema/frontend.ts';
import { defaults, global } from './schema/global.ts';
import { nodes } from './schema/links.ts';
import { logForwards } from './schema/log-forward.ts';
import { rings } from './schema/logging.ts';
import { mailers } from './schema/mailers.ts';
import { httpErrors } from './schema/own-answer.ts';
import { peers } from './schema/peers.ts';
import { resolvers } from './schema/resolvers.ts';
import { spoeAgents } from './schema/spoe-agent.ts';
import { system } from './schema/system.ts';
import { lists, maps, stickTables } from './schema/tables.ts';
import { tuning } from './schema/tuning.ts';
import { userlists } from './schema/userlist.ts';
import { vips, vrrp } from './schema/vrrp.ts';

/** The whole document: every key with its type, default and meaning. What the keys mean together is checked in validate.ts. */
export const documentSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of the form of this document.'),
    system: system.prefault({}).describe('Settings of the machine, the same on both nodes.'),
    nodes,
    vrrp,
    vips,
    certificates,
    acls,
    maps,
    lists,
    userlists,
    'stick-tables': stickTables,
    peers,
    rings,
    resolvers,
    caches,
    mailers,
    'fcgi-apps': fcgiApps,
    'spoe-agents': spoeAgents,
    'http-errors': httpErrors,
    'log-forward': logForwards,
    frontends,
    backends,
    global,
    defaults,
    tuning,
  })
  .describe('Configuration of a weir load balancer.');

/** The document after the schema: shorthands as written, defaults filled in. */
export type Document = z.output<typeof documentSchema>;

/** The schema as JSON Schema draft-07, for editors: what may be written, before defaults. */
export function jsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://weir.invalid/config-v1.json',
    ...z.toJSONSchema(documentSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }),
  };
}
