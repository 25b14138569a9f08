import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askRoute } from '../../appliance/agent/route.ts';
import { load } from '../../appliance/config/load.ts';
import type { Bind, Frontend } from '../../proxy/model.ts';
import { caseNames, readCase, testFiles } from '../support/cases.ts';
import { anyDocument, corrected, textOfDocument } from '../support/random-document.ts';
import { hostWithHaproxy } from '../support/route.ts';

/** A question that reaches a bind: by its first address, port and protocol. */
function questionFor({ mode }: Frontend, bind: Bind): { readonly request: string; readonly to: string | null } {
  const scheme = mode === 'tcp' ? 'tcp' : bind.ssl === null ? 'GET http' : 'GET https';
  if (bind.kind !== 'tcp')
    return { request: `${scheme}://a.example:1${mode === 'tcp' ? '' : '/x'}`, to: bind.kind === 'unix' ? bind.path : `abns@${bind.name}` };
  const [address = ''] = bind.addresses;
  const any = address === '::' ? '2001:db8::99' : '192.0.2.99';
  return {
    request: `${scheme}://shop.example:${bind.port}${mode === 'tcp' ? '' : '/x'}`,
    to: address === '*' || address === '::' || address === '0.0.0.0' ? any : address,
  };
}

test.each(caseNames)('each bind of %s is asked, and HAProxy says by which it came', async (name) => {
  const { config, folder } = readCase(name);
  const text = readFileSync(join(folder, 'config.yaml'), 'utf8');
  for (const frontend of config.proxy.frontends) {
    for (const [index, bind] of frontend.binds.entries()) {
      const asked = { ...questionFor(frontend, bind), source: null, headers: [] };
      const told = await askRoute(hostWithHaproxy(), { config, text, file: 'config.yaml', files: testFiles() }, asked, false);
      expect(told, JSON.stringify({ asked, told })).toMatchObject({ kind: 'routed', frontend: frontend.name });
      if (told.kind === 'routed') {
        expect(told.bind.path).toBe(`frontends.${frontend.name}.bind[${index}]`);
        // it is answered: by a server, by a rule with its place, or in words
        const { answer, backend } = told;
        expect(answer === null ? backend !== null : answer.by !== null || answer.reason !== null, JSON.stringify(told)).toBe(true);
      }
    }
  }
});

/** Of ten random documents one has a bind. */
const wanted = Number(process.env.WEIR_RANDOM_ROUTES ?? 10);
const seed = Number(process.env.WEIR_RANDOM_SEED ?? 20_261_123);

test(`${wanted} random valid documents are asked, and none keeps the private HAProxy from starting`, async () => {
  const files = testFiles();
  const refused: string[] = [];
  let answered = 0;
  for (let round = 0; answered < wanted; round++) {
    for (const document of fc.sample(anyDocument, { numRuns: 100, seed: seed + round })) {
      if (document.frontends === undefined || answered >= wanted) continue;
      const right = corrected(document);
      const text = right === null ? '' : textOfDocument(right);
      const { config } = load(text, { file: 'config.yaml', files });
      const [frontend] = config?.proxy.frontends ?? [];
      const [bind] = frontend?.binds ?? [];
      if (!config || frontend === undefined || bind === undefined) continue;
      const asked = { ...questionFor(frontend, bind), source: null, headers: [] };
      const told = await askRoute(hostWithHaproxy(), { config, text, file: 'config.yaml', files }, asked, false);
      answered += 1;
      if (told.kind === 'refused') refused.push(`${JSON.stringify(told)}\n${text}`);
    }
  }
  expect(refused.slice(0, 3).join('\n\n'), `${refused.length} of ${wanted} are refused, seed ${seed}`).toBe('');
}, 900_000);
