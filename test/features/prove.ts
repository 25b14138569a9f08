import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { follow } from '../support/behind.ts';
import { runHaproxy } from '../support/haproxy.ts';
import { outside } from '../support/outside.ts';
import { type Staged, stagedDocument, stateOfDocument } from '../support/staged.ts';
import type { Proof } from './proof.ts';

/** What the documents of all proofs begin with. */
export const commonDocument = 'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n';

/** Everything below /run/weir that the appliance would hold for the document of a proof. */
const filesOf = ({ document, files }: Pick<Proof, 'document' | 'files'>): Staged => stagedDocument(`${commonDocument}${document}`, files);

const configPath = '/run/weir/haproxy.cfg';

function configOf(files: Staged): string {
  const file = files[configPath];
  return typeof file === 'object' && 'content' in file ? String(file.content) : '';
}

/** The files without the words that a proof is about. */
function without(files: Staged, directive: RegExp): Staged {
  const global = new RegExp(directive.source, [...new Set([...directive.flags, 'g', 'm'])].join(''));
  const changed = Object.entries(files).flatMap(([path, file]) => {
    if (path !== configPath && !/^\/run\/weir\/(?:crt-lists|spoe)\//.test(path)) return [];
    const { content, mode } = typeof file === 'object' && 'content' in file ? file : { content: '', mode: 0o600 };
    const left = String(content).replace(global, '');
    return left === String(content) ? [] : [[path, { content: left, mode }] as const];
  });
  if (changed.length === 0)
    throw new Error(`nothing in haproxy.cfg, a crt-list or an agent's file matches ${directive}:\n${configOf(files)}`);
  return { ...files, ...Object.fromEntries(changed) };
}

/** Milliseconds for one run of a proof: what hangs is told soon. */
const provesWithinMs = 20_000;

/** Runs proofs, each twice: as rendered, where it must hold, and without its directive, where HAProxy starts too and the proof must not hold. */
export function proveAll(proofs: readonly Proof[]): void {
  const there = outside();

  for (const proof of proofs) {
    describe(`${proof.row}: ${proof.what}`, () => {
      const undo: (() => Promise<void>)[] = [];
      beforeAll(async () => {
        const back = await proof.prepare?.(there());
        // others answer with what they made, which ends with the world
        if (typeof back === 'function') undo.push(back);
        if (proof.withKernel)
          undo.push(await follow(there().networks.proxy, stateOfDocument(`${commonDocument}${proof.document}`, proof.files)));
      });
      afterAll(async () => {
        for (const step of undo.reverse()) await step();
      });
      const withFiles = async (files: Staged, use: (prove: () => Promise<void>) => Promise<void>) => {
        const haproxy = await runHaproxy(there().networks.proxy, files);
        try {
          await use(() => proof.prove({ ...there(), haproxy }));
        } finally {
          await haproxy.stop();
        }
      };
      let laid: Staged | null = null;
      const files = () => {
        laid ??= filesOf(proof);
        return laid;
      };
      test('holds', () => withFiles(files(), (prove) => prove()), provesWithinMs);
      const disproved = (prove: () => Promise<void>) => expect(prove(), 'the proof holds without what it is about').rejects.toThrow();
      test('does not hold without its directive', () => withFiles(without(files(), proof.directive), disproved), provesWithinMs);
    });
  }
}
