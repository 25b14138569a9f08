import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countsOf, shareOf } from '../../appliance/cli/import.ts';
import type { Files } from '../../appliance/config/config.ts';
import { documentOf, type ImportedDocument } from '../../appliance/config/imported.ts';
import { formatProblem, load } from '../../appliance/config/load.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import { perFolder } from '../../appliance/state/folder.ts';
import { FEATURES, VERSIONS } from '../../proxy/haproxy/import/choice.ts';
import { importHaproxy } from '../../proxy/haproxy/import/import.ts';
import { haproxyChecks } from '../support/haproxy-check.ts';
import { type CorpusFile, corpus, sourceRoot } from '../support/haproxy-source.ts';
import { imageRoot, runInRoot } from '../support/root.ts';
import { type Staged, stagedState } from '../support/staged.ts';

/*
 * What counts as a directive: each line of a configuration that is neither empty, nor a comment, nor the head of a section. Of these
 * - an option is a line that stands in the document, whole;
 * - raw is a line that stands below `extra`;
 * - dropped is a line, or a word of a line, of which nothing is left;
 * and the share is that of options among the three. Two kinds count apart, in neither part of the share, as no document needs to say them:
 * - own is what the appliance decides itself, such as `daemon`, `stats socket`, paths of files and `log /dev/log`;
 * - needless is what says nothing to HAProxy 3.0 where it stands: words that it only ignores any more, defaults that no section takes up, HTTP in the
 *   mode tcp, rules behind one that always applies.
 * A word of old HAProxy that once did something and has no way in the document is dropped.
 */

/** HAProxy warns of the original too, of rules on bytes where there is HTTP. */
const warned = 'reg-tests/http-messaging/http_msg_full_on_eom.vtc';

/** The share of lines of the examples and regression tests that are to become options, in percent. */
const least = 95;

/** A file of the corpus by the path by which a configuration names it; null: the package has none such. */
function fileOf(path: string): Buffer | null {
  const at = join(sourceRoot, path);
  return existsSync(at) && statSync(at).isFile() ? readFileSync(at) : null;
}

/** A crt-list; of a folder of certificates, or another file, nothing is said. */
const textOf = (path: string): string | null => (/crt-list$/.test(path) ? (fileOf(path)?.toString('utf8') ?? null) : null);
const imported = ({ text }: CorpusFile): ImportedDocument => documentOf(text, (source, refused) => importHaproxy(source, refused, textOf));

const debian: CorpusFile = {
  name: "Debian's haproxy.cfg",
  text: readFileSync(join(imageRoot, 'etc/haproxy/haproxy.cfg'), 'utf8'),
  isBroken: false,
};
const counted = [debian, ...corpus('examples', 'reg-tests')]
  .filter(({ isBroken }) => !isBroken)
  .map((file) => ({ file, ...imported(file) }));

const percent = (outcomes: readonly ImportedDocument[]): string =>
  shareOf(countsOf(outcomes.flatMap((each) => each.imported.outcomes))).toFixed(1);

describe("the configurations of HAProxy's own source package", () => {
  test(`become options for ${least} % and more`, () => {
    const rows = counted.map((each) => {
      const { option, raw, dropped, own, needless } = countsOf(each.imported.outcomes);
      return `${percent([each]).padStart(5)} %  ${[option, raw, dropped, own, needless].map((count) => String(count).padStart(4)).join(' ')}  ${each.file.name}`;
    });
    const all = countsOf(counted.flatMap((each) => each.imported.outcomes));
    console.log(['  share  opt. raw drop. own needless', ...rows, `${percent(counted)} % of all: ${JSON.stringify(all)}`].join('\n'));
    expect(counted.length).toBeGreaterThan(200);
    expect(shareOf(all)).toBeGreaterThanOrEqual(least);
  });

  test('tell of each line what became of it, and why where it is no option', () => {
    for (const { file, imported } of counted) {
      const lines = file.text.split('\n');
      const told = new Set(imported.outcomes.map(({ line }) => line));
      expect(imported.outcomes.filter(({ fate, reason }) => fate !== 'option' && (reason ?? '') === '')).toEqual([]);
      for (const { line, text } of imported.outcomes) expect(lines[line - 1], `${file.name}:${line}`).toContain(text.split(/\s/)[0]);
      expect(told.size, file.name).toBe(imported.outcomes.length);
    }
  });

  test('become documents that are valid, or of which is said what to write', () => {
    for (const { file, text, problems } of counted) {
      const { config, problems: again } = load(text, { file: 'document', files: null });
      const told = problems.filter(({ severity }) => severity !== 'warning');
      expect(config === null, `${file.name}\n${again.map(formatProblem).join('\n')}`).toBe(told.length > 0);
      expect(told.filter(({ message, line }) => message === '' || line < 1)).toEqual([]);
    }
    const invalid = counted.filter(({ problems }) => problems.some(({ severity }) => severity !== 'warning'));
    console.log(invalid.map(({ file, problems }) => `${file.name}: ${problems.map(({ message }) => message).join('; ')}`).join('\n'));
    expect(invalid.length).toBeLessThan(counted.length / 50);
  });

  test('pass the check of HAProxy as weir renders them', async () => {
    const staged: Staged[] = [];
    const names: string[] = [];
    for (const each of counted) {
      const files = besideOf(each);
      const config = files === null ? null : load(each.text, { file: 'document', files }).config;
      // what stands raw is the author's: weir would tell what HAProxy says of it
      if (each.file.name === warned || config === null || files === null || each.imported.outcomes.some(({ fate }) => fate === 'raw'))
        continue;
      staged.push(stagedState(desiredState(config, 'lb1', null, files).state));
      names.push(each.file.name);
    }
    const answers = await haproxyChecks(staged, 120_000);
    expect(answers).toHaveLength(names.length);
    console.log(`${names.length} of ${counted.length} were rendered with all of their files`);
    expect(names.length).toBeGreaterThan(counted.length / 2);
    const refused = answers.flatMap((said, index) => (said === '' ? [] : [`${names[index]}: ${said}`]));
    expect(refused).toEqual([]);
  });

  test('choose lines as HAProxy of the image would', async () => {
    const { stdout } = await runInRoot(['haproxy', '-vv'], {});
    const [, features = ''] = /^Feature list : (.*)$/m.exec(stdout) ?? [];
    expect([...FEATURES].sort()).toEqual([...features.matchAll(/\+(\S+)/g)].map(([, name]) => name).sort());
    expect(stdout).toMatch(new RegExp(`^HAProxy version ${VERSIONS.haproxy}\\.`));
    expect(stdout).toMatch(new RegExp(`^Running on OpenSSL version : OpenSSL ${VERSIONS.openssl}\\.`, 'm'));
  });

  test('are read without a failure where they are broken, or tried by hand', () => {
    const others = [...corpus('reg-tests').filter(({ isBroken }) => isBroken), ...corpus('tests/conf')];
    const made = others.map((file) => ({ file, ...imported(file) }));
    for (const { file, text, problems } of made) {
      expect(text, file.name).toMatch(/^version: 1\n/);
      expect(problems.filter(({ message, line }) => message === '' || line < 1)).toEqual([]);
    }
    console.log(made.map((each) => `${percent([each]).padStart(5)} %  ${each.file.name}`).join('\n'));
  });
});

/** The files that belong beside a document; null: the package has not all of them, as its tests make some when they run. */
function besideOf({ imported: { copies } }: ImportedDocument): Files | null {
  const beside = perFolder(() => new Map<string, Uint8Array>());
  for (const { from, to } of copies) {
    const [folder = '', name = ''] = to.split('/');
    const bytes = fileOf(from);
    if (bytes === null) return null;
    // pages of HAProxy's own form have a head
    const content = folder === 'pages' ? new TextEncoder().encode(bytes.toString('utf8').replace(/^HTTP\/.*?\r?\n\r?\n/s, '')) : bytes;
    beside[folder as keyof Files].set(name, content);
  }
  return beside;
}
