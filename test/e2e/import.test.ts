import { beforeAll, describe, expect, test } from 'vitest';
import { filesNamed } from '../../appliance/cli/import-files.ts';
import { documentOf } from '../../appliance/config/imported.ts';
import { importHaproxy } from '../../proxy/haproxy/import/import.ts';
import { proxiesOf } from '../../proxy/haproxy/import/section.ts';
import { readConfig } from '../../proxy/haproxy/import/source.ts';
import { importKeepalived } from '../../proxy/keepalived/import/import.ts';
import { withPair } from '../../proxy/keepalived/import/join.ts';
import { withOrigins } from '../support/import/origins.ts';
import { crowd, requestsFor } from '../support/import/requests.ts';
import { type Observed, observe, startable, type Told } from '../support/import/run.ts';
import { filesBeside, machine, named, originalFiles, readShape, shapeNames } from '../support/import/shape.ts';
import { servers } from '../support/netns.ts';
import { outside } from '../support/outside.ts';
import { runInRoot } from '../support/root.ts';
import { type Staged, stagedDocument } from '../support/staged.ts';

/** Services by their names, with the addresses that a name server gives. */
const names: Readonly<Record<string, string>> = {
  'pages.service.example': `${servers.app1},${servers.app2}`,
  'orders.service.example': servers.app2,
  'parts.service.example': servers.app3,
};

/** Configurations whose checks notice within seconds that app2 is sick. */
const quick = ['limits', 'named-defaults-2.4', 'opnsense', 'tls-1.7'];

/** By whom a request was answered, and how. */
const answeredBy = ({ request, status, server }: Told): object => ({ request, status, server });

/** Headers that weir adds where the original has none. */
const ofWeir = /^(?:x-forwarded-.*|forwarded)$/;

/** What was told of the imported configuration, without what weir adds of its own. */
function withoutOurs(told: Told, original: Told): Told {
  if (told.seen === null) return told;
  const had = original.seen?.headers ?? {};
  const headers = Object.entries(told.seen.headers).filter(([name]) => !ofWeir.test(name) || Object.hasOwn(had, name));
  return { ...told, seen: { ...told.seen, headers: Object.fromEntries(headers) } };
}

/** What a configuration has that the comparison needs to know. */
interface Known {
  /** Backends with servers. */
  readonly backends: readonly string[];
  /** Of those the ones that choose by a consistent hash: it is over identities of servers, which are names here and numbers there. */
  readonly hashed: ReadonlySet<string>;
  /** Frontends that lead nowhere: a rule says so in the document, and counts what it refuses. */
  readonly leadNowhere: ReadonlySet<string>;
  /** How their servers call themselves. */
  readonly anyOf: RegExp;
}

function knownOf(source: string): Known {
  const proxies = proxiesOf(readConfig(source).sections);
  const serversOf = (words: string) =>
    proxies.filter(({ directives }) => directives.some((each) => each.words.join(' ').startsWith(words)));
  const hashed = serversOf('hash-type consistent');
  const addresses = hashed.flatMap(({ directives }) =>
    directives.flatMap(({ words: [first, , where] }) => (first === 'server' ? [where ?? ''] : [])),
  );
  const called = addresses.flatMap((where) => [
    where,
    ...Object.entries(servers).flatMap(([name, at]) => (where === `${at}:8080` ? [name] : [])),
  ]);
  return {
    backends: [...serversOf('server '), ...serversOf('server-template ')].map(({ section }) => section.name),
    leadNowhere: new Set(
      proxies
        .filter(({ directives }) => !directives.some(({ words }) => /^(?:default_backend|use_backend|server)/.test(words[0] ?? '')))
        .map(({ section }) => section.name),
    ),
    hashed: new Set(hashed.map(({ section }) => section.name)),
    anyOf: new RegExp(called.length === 0 ? '^$' : `\\b(?:${called.join('|').replaceAll('.', '\\.')})\\b`),
  };
}

/** An answer of which it does not matter which of some servers gave it. */
const byAnyOf = (told: Told, anyOf: RegExp): Told => ({
  ...told,
  server: told.server?.replace(anyOf, 'any') ?? null,
  body: told.body?.replace(anyOf, 'any') ?? null,
});

/** Counters of frontends, of backends with servers, and of those servers that must be chosen alike. */
function comparable({ counters }: Observed, { backends, hashed, leadNowhere }: Known): Observed['counters'] {
  return Object.fromEntries(
    Object.entries(counters).flatMap(([key, count]) => {
      const [kind = '', proxy = ''] = key.split(' ');
      if (kind !== 'frontend') return backends.includes(proxy) && !(kind === 'server' && hashed.has(proxy)) ? [[key, count]] : [];
      const { denied: _denied, ...others } = count as { readonly denied: number };
      return [[key, leadNowhere.has(proxy) ? others : count]];
    }),
  );
}

/** keepalived itself takes the original and what weir renders of the document. */
async function bothAreTaken(original: string, laid: Staged): Promise<void> {
  for (const files of [{ '/run/weir/keepalived.conf': original }, laid]) {
    const { code, stderr } = await runInRoot(['keepalived', '--config-test', '--use-file=/run/weir/keepalived.conf'], files, {
      links: ['eth0', 'eth1'],
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
}

describe('what a haproxy.cfg becomes does what it did', () => {
  const there = outside();
  beforeAll(async () => {
    const { peer } = there();
    await peer.nameServer(servers.sorry);
    for (const [name, address] of Object.entries(names)) await peer.name(name, address);
    for (const address of crowd) await there().networks.outside.run(['ip', 'address', 'add', `${address}/24`, 'dev', 'cable']);
  });

  for (const name of shapeNames)
    test(`${name}.cfg`, { timeout: 120_000 }, async () => {
      const { source, now, keepalived } = readShape(name);
      const lists = await filesNamed(source, machine);
      const pair = keepalived === null ? null : importKeepalived(keepalived);
      const { text, imported, problems } = documentOf(source, (said, refused) => {
        const made = importHaproxy(said, refused, (path) => lists.get(path) ?? null);
        return pair === null ? made : withPair(made, pair);
      });
      expect(problems.filter(({ severity }) => severity !== 'warning')).toEqual([]);
      const known = knownOf(source);
      const sick = quick.includes(name) ? 'app2' : null;
      const requests = requestsFor(source, named);
      const base = /^\s*crt-base\s+(\S+)/m.exec(source)?.[1] ?? '/etc/haproxy';
      const original = {
        ...(await originalFiles(imported.copies, base)),
        '/run/weir/haproxy.cfg': { content: startable(now), mode: 0o600 },
      };
      const laid = stagedDocument(text, await filesBeside(imported.copies));
      if (keepalived !== null) await bothAreTaken(keepalived, laid);
      await withOrigins(there(), source, async () => {
        const before = await observe(there(), original, requests, sick);
        const after = await observe(there(), laid, requests, sick);
        const told = (answers: readonly Told[]) => answers.map((each) => byAnyOf(each, known.anyOf));
        const originals = told(before.answers);
        expect(after.answers).toHaveLength(originals.length);
        for (const [index, answer] of told(after.answers).entries())
          expect(withoutOurs(answer, originals[index] as Told)).toEqual(originals[index]);
        expect(after.servers).toEqual(before.servers);
        expect(after.failed?.servers).toEqual(before.failed?.servers);
        expect(told(after.failed?.answers ?? []).map(answeredBy)).toEqual(told(before.failed?.answers ?? []).map(answeredBy));
        expect(after.counters).toMatchObject(comparable(before, known));
        const taken = known.backends.filter(
          (backend) => (before.counters[`backend ${backend} ${backend}`] as { sessionsTotal: number }).sessionsTotal > 0,
        );
        console.log(`${name}: ${requests.length} requests, ${taken.length} of ${known.backends.length} backends`);
        expect(taken).toEqual(known.backends);
      });
    });
});
