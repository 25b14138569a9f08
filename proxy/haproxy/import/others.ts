import type { Draft, Ledger, Plain, Refusal } from './ledger.ts';
import { isOwnResolvers, readResolvers, readTable, readUserlist } from './named.ts';
import { type Names, nameOf } from './names.ts';
import type { Section } from './source.ts';
import { readStore } from './store.ts';

/** Sections that are read elsewhere. */
const ELSEWHERE = new Set(['global', 'defaults', 'frontend', 'backend', 'listen', 'crt-store', 'http-errors']);

/** Sections that no document has, and why. */
const GONE: Readonly<Record<string, string>> = {
  program: 'the appliance runs no programs beside HAProxy: systemd runs those of its own',
  'log-forward': 'the appliance forwards no logs of others: write a syslog server, such as rsyslog',
  'log-profile': 'it needs HAProxy 3.1, this one is 3.0',
  traces: 'it needs HAProxy 3.1, this one is 3.0',
  acme: 'it needs HAProxy 3.2, this one is 3.0: keys and requests for certificates are made by weir cert',
};

/** Reads the sections that are no proxies, in the document's shape. */
export function readOthers(sections: readonly Section[], names: Names, account: Ledger, refusal: Refusal): Draft {
  const found: Draft = {};
  const add = (made: Draft) => {
    for (const [key, value] of Object.entries(made)) found[key] = { ...((found[key] ?? {}) as Draft), ...(value as Draft) };
  };
  for (const section of sections) {
    const { keyword, name, directives } = section;
    if (ELSEWHERE.has(keyword)) continue;
    const store = readStore(section, account, refusal);
    if (store !== null) add(store);
    else if (keyword === 'userlist') add({ userlists: { [nameOf(name)]: readUserlist(section, account) } });
    else if (isOwnResolvers(section))
      for (const directive of directives) {
        const isSource = directive.words[0] === 'parse-resolv-conf';
        const reason = 'what the machine asks itself is asked as the appliance decides: name its servers in a section to say how';
        account.fate(
          directive,
          isSource ? 'own' : 'dropped',
          isSource ? 'decided by the appliance: its name servers are those of system' : reason,
        );
      }
    else if (keyword === 'resolvers') {
      const made = readResolvers(section, account);
      if (Object.keys(made).length > 0) add({ resolvers: { [nameOf(name)]: made } });
    } else if (keyword === 'peers') add({ 'stick-tables': readPeers(section, names, account, refusal) });
    else
      for (const directive of directives) account.fate(directive, 'dropped', GONE[keyword] ?? `the section ${keyword} is not carried over`);
  }
  return found;
}

/** Stick tables of a `peers` section; its peers are the nodes of a pair. */
function readPeers({ name, directives }: Section, names: Names, account: Ledger, refusal: Refusal): Draft {
  const tables: Draft = {};
  for (const directive of directives) {
    const [first = '', called = '', ...words] = directive.words;
    const table = first === 'table' ? names.table(`${name}/${called}`) : null;
    if (table === null) account.fate(directive, 'own', 'decided by the appliance: the nodes of a pair are peers');
    else becomeTable(directive, words, table, tables, account, refusal);
  }
  return tables;
}

/** Puts a line `stick-table` (or `table` of peers), without its first word, below `stick-tables`. */
export function becomeTable(
  directive: Section['directives'][number],
  words: readonly string[],
  name: string,
  tables: Draft,
  account: Ledger,
  refusal: Refusal,
): void {
  const made = readTable(words);
  const refused = refusal(directive.line);
  if (made === null || refused !== null) {
    account.fate(directive, 'dropped', refused ?? 'its words have no option: write it below stick-tables');
    return;
  }
  tables[name] = made.table as Plain;
  account.became(directive, ['stick-tables', name], made.notes.length === 0 ? undefined : made.notes.join('; '));
  if (made.left.length > 0) account.fate(directive, 'dropped', `left out: ${made.left.join('; ')}`);
}
