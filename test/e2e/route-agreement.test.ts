import { describe, expect, test } from 'vitest';
import { askRoute } from '../../appliance/agent/route.ts';
import type { RouteAnswer } from '../../appliance/agent/route-answer.ts';
import { load } from '../../appliance/config/load.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { answers } from '../features/answers.ts';
import { balance } from '../features/balance.ts';
import { matching } from '../features/matching.ts';
import { persistence } from '../features/persistence.ts';
import type { Proof } from '../features/proof.ts';
import { protection } from '../features/protection.ts';
import { rewriting } from '../features/rewriting.ts';
import { routing } from '../features/routing.ts';
import { runHaproxy } from '../support/haproxy.ts';
import { clients, vips } from '../support/netns.ts';
import { outside } from '../support/outside.ts';
import { hostWithHaproxy } from '../support/route.ts';
import { stagedDocument } from '../support/staged.ts';

/** Documents of proofs that listen on port 80 by HTTP, and need nothing but the usual servers. */
const proofs = [...routing, ...matching, ...rewriting, ...answers, ...protection, ...persistence, ...balance].filter(
  ({ document, prepare }) => prepare === undefined && document.includes('"*:80"') && !document.includes('mode: tcp'),
);

interface Question {
  readonly host: string;
  readonly path: string;
  readonly from: string;
}

/** Questions that a document may answer differently: hosts and paths that it names, from two clients. */
function questionsFor({ document }: Proof): readonly Question[] {
  const hosts = ['any.example', ...(document.match(/\b[a-z]+\.example\b/g) ?? [])];
  const paths = ['/', '/some/thing?a=1', ...(document.match(/(?<=[\s"'[:])\/[a-z]+(?:\/[a-z0-9]+)*(?=["'\],\s])/g) ?? [])];
  const unique = [...new Set(hosts)].slice(0, 3).flatMap((host) => [...new Set(paths)].slice(0, 5).map((path) => ({ host, path })));
  return unique.slice(0, 8).map((each, index) => ({ ...each, from: index % 2 === 0 ? clients.usual : clients.office }));
}

const textOf = ({ document }: Proof): string =>
  `version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n${document}`;

async function routeOf(proof: Proof, { host, path, from }: Question): Promise<RouteAnswer> {
  const text = textOf(proof);
  const beside = { ...perFolder(() => new Map<string, Uint8Array>()), ...proof.files };
  const { config } = load(text, { file: 'config.yaml', files: beside });
  if (config === null) throw new Error('the document of a proof is valid');
  const asked = { request: `GET http://${host}${path}`, source: from, to: vips.main, headers: [] };
  const told = await askRoute(hostWithHaproxy(), { config, text, file: 'config.yaml', files: beside }, asked, false);
  if (told.kind === 'refused') throw new Error(JSON.stringify(told));
  return told;
}

const there = outside();

/** The server that answered, or none. */
function serverIn(body: string): { readonly server: string; readonly url: string } | null {
  try {
    const { server, url } = JSON.parse(body) as { server?: string; url?: string };
    return server === undefined || url === undefined ? null : { server, url };
  } catch {
    return null;
  }
}

describe('what is said of a request is what becomes of it', () => {
  test('and there are documents to see it by', () => {
    expect(proofs.length).toBeGreaterThan(20);
  });

  test.each(proofs.map((proof) => [`${proof.row}: ${proof.what}`, proof] as const))('%s', async (_name, proof) => {
    const { networks, peer } = there();
    const haproxy = await runHaproxy(networks.proxy, stagedDocument(textOf(proof), proof.files));
    try {
      for (const question of questionsFor(proof)) {
        const { host, path, from } = question;
        const real = await peer.ask({ address: vips.main, port: 80, path, headers: { host }, from });
        const route = await routeOf(proof, question);
        const said = JSON.stringify({ question, real, route: { ...route, rules: [] } });
        // what was counted of requests before this one is known to nobody here, and that is said
        if (route.unanswered.some(({ text }) => text.startsWith('stick tables'))) continue;
        const by = serverIn(real.body);
        if (route.answer !== null) {
          expect(real.status, said).toBe(route.answer.status ?? 0);
          expect(real.headers.location ?? null, said).toBe(route.answer.location);
          expect(by, said).toBeNull();
          continue;
        }
        if (by === null) {
          // a server that answers no page of its own: it was asked all the same
          expect(real.status, said).toBeGreaterThan(0);
          continue;
        }
        expect(route.candidates, said).toContain(by.server);
        expect(by.url, said).toBe(route.forwarded?.path);
        if (route.takenBy !== 'turn') expect(by.server, said).toBe(route.server);
      }
    } finally {
      await haproxy.stop();
    }
  });
});
