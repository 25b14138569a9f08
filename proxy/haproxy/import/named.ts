import type { Draft, Ledger, Plain } from './ledger.ts';
import { nameOf } from './names.ts';
import type { ProxySection } from './section.ts';
import type { Directive, Section } from './source.ts';
import { duration, numberOr, whole } from './value.ts';

/** What the document calls the stick table of each section that has one; a backend's name is taken by itself. */
export function tableNames(proxies: readonly ProxySection[], sections: readonly Section[]): ReadonlyMap<string, string> {
  const taken = new Set(
    proxies
      .filter(({ section, directives }) => section.keyword === 'frontend' || !isBareTable({ section, directives }))
      .map(({ section }) => section.name),
  );
  const names = new Map<string, string>();
  for (const { section, directives } of proxies)
    if (directives.some(({ words }) => words[0] === 'stick-table'))
      names.set(section.name, nameOf(taken.has(section.name) ? `${section.name}-table` : section.name));
  for (const { keyword, name, directives } of sections)
    if (keyword === 'peers')
      for (const { words } of directives)
        if (words[0] === 'table' && words[1] !== undefined) names.set(`${name}/${words[1]}`, nameOf(words[1]));
  return names;
}

/** A backend that holds a stick table and nothing else: what the document writes as a table. */
export function isBareTable({ section, directives }: ProxySection): boolean {
  const own = directives.filter(({ isInherited }) => !isInherited);
  return (
    section.keyword === 'backend' &&
    own.some(({ words }) => words[0] === 'stick-table') &&
    own.every(({ words }) => words[0] === 'stick-table' || words[0] === 'mode')
  );
}

/** A stick table; words of it that it does not have, and what is otherwise on the appliance. */
export interface Table {
  readonly table: Plain;
  readonly left: readonly string[];
  readonly notes: readonly string[];
}

/** `stick-table type ip size 1m …`; null: a word has no option. */
export function readTable(words: readonly string[]): Table | null {
  const table: Draft = {};
  const left: string[] = [];
  const notes: string[] = [];
  const store: Plain[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const value = words[at + 1];
    if (word === 'nopurge') table.nopurge = true;
    else if (value === undefined) return null;
    else {
      at++;
      if (word === 'type') table.type = value;
      else if (word === 'len') table.length = whole(value) ?? value;
      else if (word === 'size') table.size = numberOr(value);
      else if (word === 'expire') table.expire = duration(value) ?? value;
      else if (word === 'store') {
        // `store gpc0,conn_rate(3s)` and a comma within parentheses
        store.push(
          ...value
            .split(/,(?![^(]*\))/)
            .map((each) =>
              each.replace(/(\(|,)(\d+)\)$/, (_, open, number) =>
                /_rate/.test(each) ? `${open}${duration(number)})` : `${open}${number})`,
              ),
            ),
        );
      } else if (word === 'peers') notes.push('peers: the nodes of a pair share their tables');
      else if (word === 'srvkey') table.srvkey = value;
      else if (word === 'write-to') left.push('write-to: the nodes of a pair share their tables');
      else return null;
    }
  }
  if (store.length > 0) table.store = counters(store.map(String));
  return { table: table as Plain, left, notes };
}

/** What a table stores, its single counters as arrays: the fetches of old find their values there too (stick_table.c, "fallback on the gpc array"). */
function counters(store: readonly string[]): readonly string[] {
  const most = store.some((each) => each.startsWith('gpc1')) ? 2 : 1;
  const made = store.map((each) =>
    each
      .replace(/^gpc[01]$/, `gpc(${most})`)
      .replace(/^gpc[01]_rate\((.*)\)$/, `gpc_rate(${most},$1)`)
      .replace(/^gpt0$/, 'gpt(1)'),
  );
  return [...new Set(made)];
}

/** The lines of a `userlist`. Passwords in clear are dropped: the document holds hashes only. */
export function readUserlist({ name, directives }: Section, account: Ledger): Draft {
  const users: Draft = {};
  const groups = new Map<string, string[]>();
  for (const { words } of directives)
    if (words[0] === 'group' && words[2] === 'users')
      for (const user of (words[3] ?? '').split(',')) groups.set(user, [...(groups.get(user) ?? []), words[1] ?? '']);
  for (const directive of directives) {
    const [first = '', user = '', kind, password, , list] = directive.words;
    const at = ['userlists', nameOf(name), 'users', user];
    if (first === 'group') account.became(directive, ['userlists', nameOf(name)]);
    else if (first === 'user' && kind === 'password' && password !== undefined) {
      const own = [...(groups.get(user) ?? []), ...(list === undefined ? [] : list.split(','))];
      users[user] = { password, ...(own.length === 0 ? {} : { groups: own }) };
      account.became(directive, at);
    } else if (first === 'user') {
      users[user] = { password: '$5$replace$0000000000000000000000000000000000000000000' };
      account.fate(
        directive,
        'dropped',
        `the document holds hashes, no passwords: write the hash of ${user}'s, made by mkpasswd -m sha-256`,
      );
    } else account.fate(directive, 'dropped', `${first} has no option`);
  }
  return { users };
}

/** Whether a section of resolvers asks nobody but whom the machine asks. */
export function isOwnResolvers({ keyword, directives }: Section): boolean {
  return keyword === 'resolvers' && !directives.some(({ words }) => words[0] === 'nameserver');
}

/** The lines of a `resolvers` section. */
export function readResolvers({ name, directives }: Section, account: Ledger): Draft {
  const draft: Draft = {};
  const at = ['resolvers', nameOf(name)];
  const put = (directive: Directive, path: readonly string[], value: Plain | null) => {
    if (value === null) return account.fate(directive, 'dropped', 'its value has no option');
    const [key = '', inner] = path;
    if (inner === undefined) draft[key] = value;
    else draft[key] = { ...((draft[key] ?? {}) as Draft), [inner]: value };
    account.became(directive, [...at, ...path]);
  };
  for (const directive of directives) {
    const [first = '', second = '', third] = directive.words;
    if (first === 'nameserver' && third !== undefined) {
      const [, protocol, address = ''] = /^(?:(tcp|tcp4|tcp6|udp|udp4|udp6)@)?(.*)$/.exec(third) ?? [];
      put(directive, ['nameservers', nameOf(second)], protocol?.startsWith('tcp') ? { address, protocol: 'tcp' } : address);
    } else if (first === 'hold' || first === 'timeout') put(directive, [first, second], duration(third));
    else if (first === 'accepted_payload_size' || first === 'resolve_retries') put(directive, [first], whole(second));
    else
      account.fate(
        directive,
        first === 'parse-resolv-conf' ? 'own' : 'dropped',
        first === 'parse-resolv-conf' ? 'the name servers of the machine are the section system' : `${first} has no option`,
      );
  }
  return draft;
}
