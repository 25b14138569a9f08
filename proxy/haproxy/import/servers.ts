import { type Draft, type Plain, told } from './ledger.ts';
import { nameOf } from './names.ts';
import { below } from './own-answer.ts';
import { keepRaw, type Reading, type Side } from './proxy.ts';
import type { Inherited } from './section.ts';
import { readServerWords, type ServerWords, serverAddress } from './server.ts';

/** A line `server` or `server-template` as the document has it. */
interface Made {
  readonly name: string;
  readonly isTemplate: boolean;
  readonly address: string;
  readonly count: number;
  readonly said: ServerWords;
}

/** What all `default-server` lines say together, or that one of them is raw. */
interface Shared extends ServerWords {
  readonly isRaw: boolean;
}

const NOTHING: Shared = {
  options: {},
  check: {},
  tls: {},
  agent: {},
  isChecked: null,
  isTls: null,
  isAgent: null,
  left: [],
  notes: [],
  isRaw: false,
};

function readShared(reading: Reading, to: Side, directives: readonly Inherited[]): Shared {
  let shared = NOTHING;
  for (const directive of directives.filter(({ words }) => words[0] === 'default-server')) {
    const said = readServerWords(directive.words.slice(1), reading.names);
    const refusal = said.left.length > 0 ? `${said.left.join(', ')} has no option` : reading.refusal(directive.line);
    if (refusal !== null || shared.isRaw) {
      keepRaw(reading, to, directive, refusal ?? 'a default-server before it is raw');
      shared = { ...shared, isRaw: true };
      continue;
    }
    shared = {
      ...shared,
      options: { ...shared.options, ...said.options },
      check: { ...shared.check, ...said.check },
      tls: { ...shared.tls, ...said.tls },
      agent: { ...shared.agent, ...said.agent },
      isChecked: said.isChecked ?? shared.isChecked,
      isTls: said.isTls ?? shared.isTls,
      isAgent: said.isAgent ?? shared.isAgent,
    };
    reading.account.became(directive, [...to.at, 'default-server'], told(said.notes));
  }
  return shared;
}

/** TLS towards a server: a map of the document stands in the place of that of default-server, so it says both. */
function tlsOf(tls: ServerWords['tls'], verifies: boolean): Plain {
  const all = verifies ? tls : { verify: 'none', ...tls };
  return Object.keys(all).length === 0 ? true : all;
}

function ownOptions({ options, tls, agent, isTls, isAgent }: ServerWords, shared: Shared, verifies: boolean): Draft {
  const own: Draft = { ...options };
  const isNow = isTls ?? shared.isTls ?? false;
  const isOwn = isTls !== null || Object.keys(tls).length > 0;
  if (isNow && isOwn) own.ssl = tlsOf({ ...shared.tls, ...tls }, verifies);
  else if (!isNow && shared.isTls === true) own.ssl = false;
  const asked = { ...shared.agent, ...agent };
  if ((isAgent ?? shared.isAgent) === true && (isAgent !== null || Object.keys(agent).length > 0)) own['agent-check'] = asked;
  return own;
}

/** Reads the servers of a proxy, `default-server` lines first. `check`: how they are tested where they are; null: HAProxy only connects, if at all. */
export function readServers(reading: Reading, to: Side, directives: readonly Inherited[], check: Draft | null): void {
  const { account, names } = reading;
  const shared = readShared(reading, to, directives);
  const made: Made[] = [];
  for (const directive of directives) {
    const isDispatch = directive.words[0] === 'dispatch';
    // a backend with one server is what it was
    const [first = '', name = '', ...rest] = isDispatch ? ['server', ...directive.words] : directive.words;
    if (first !== 'server' && first !== 'server-template') continue;
    const isTemplate = first === 'server-template';
    const [count, text = '', ...words] = isTemplate ? rest : ['', ...rest];
    const said = readServerWords(words, names);
    const address = serverAddress(text, names, isTemplate);
    const range = /^(?:1-)?([0-9]+)$/.exec(count ?? '')?.[1];
    const why = reading.refusal(directive.line) ?? reasonAgainst(said, text, address, isTemplate && range === undefined, shared);
    if (why !== null || address === null) {
      keepRaw(reading, to, directive, why ?? '');
      continue;
    }
    const called = nameOf(name);
    const notes = [
      ...said.notes,
      ...(isDispatch ? ['it is deprecated: a backend with one server does the same'] : []),
      ...(called === name ? [] : [`it is called ${called} now: a name begins with a letter`]),
      ...(address.startsWith('unix:/run/servers/') ? [`its program must listen on ${address.slice(5)}`] : []),
    ];
    account.became(directive, [...to.at, isTemplate ? 'server-template' : 'servers', called], told(notes));
    made.push({ name: called, isTemplate, address, count: Number(range), said });
  }
  if (made.length > 0) put(to, made, shared, check, names.verifiesServers);
}

function reasonAgainst({ left }: ServerWords, text: string, address: string | null, isOdd: boolean, shared: Shared): string | null {
  if (shared.isRaw) return 'its default-server is raw';
  if (address === null) return `${text} is no address and port that the document takes`;
  if (left.length > 0) return `${left.join(', ')} has no option`;
  return isOdd ? 'its numbers have no option' : null;
}

function put(to: Side, made: readonly Made[], shared: Shared, check: Draft | null, verifies: boolean): void {
  const isChecked = ({ isChecked }: ServerWords) => isChecked ?? shared.isChecked ?? false;
  const nobody = made.every(({ said }) => !isChecked(said));
  const whole = { ...(check ?? {}), ...(nobody ? {} : shared.check) };
  if (nobody && check === null) to.draft.check = false;
  else if (Object.keys(whole).length > 0) to.draft.check = whole as Plain;
  const options = {
    ...shared.options,
    ...(shared.isTls === true ? { ssl: tlsOf(shared.tls, verifies) } : {}),
    ...(shared.isAgent === true && shared.agent.port !== undefined ? { 'agent-check': shared.agent } : {}),
  };
  if (Object.keys(options).length > 0) to.draft['default-server'] = options;
  // the weight of HAProxy's servers is 1, that of the document's 100: where some say theirs, the others do too
  const weighs = shared.options.weight === undefined && made.some(({ said }) => said.options.weight !== undefined);
  for (const { name, isTemplate, address, count, said } of made) {
    const own: Draft = { ...(weighs ? { weight: 1 } : {}), ...ownOptions(said, shared, verifies) };
    if (isChecked(said)) {
      if (Object.keys(said.check).length > 0) own.check = said.check;
    } else if (!(nobody && check === null)) own.check = false;
    const value = isTemplate ? { address, count, ...own } : Object.keys(own).length === 0 ? address : { address, ...own };
    below(to.draft, isTemplate ? 'server-template' : 'servers')[name] = value as Plain;
  }
}
