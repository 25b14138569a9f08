import { type Problem, quote } from '../problem.ts';
import { splicing } from '../schema/splicing.ts';
import { type At, type Context, warning } from './context.ts';
import { usersOf } from './users.ts';

type Document = Context['document'];
type Frontend = Document['frontends'][string];
type Backend = Document['backends'][string];

const WORDS = Object.keys(splicing) as (keyof typeof splicing)[];

/** Checks that bytes can stay in the kernel where the document says so: what HAProxy has to read or to change, it must have in its memory. */
export function checkSplicing({ document }: Context): readonly Problem[] {
  const { frontends, backends } = document;
  const users = usersOf(document);
  const backendsOf = (frontend: string) => [...users].flatMap(([backend, all]) => (all.includes(frontend) ? [backend] : []));
  return [
    ...Object.entries(frontends).flatMap(([name, frontend]) => {
      const at = ['frontends', name];
      const others = () => named('backend', backends, backendsOf(name));
      return [...asked(frontend, at, frontendReason(frontend)), ...left(frontend, at, others, document)];
    }),
    ...Object.entries(backends).flatMap(([name, backend]) => {
      const at = ['backends', name];
      const others = () => named('frontend', frontends, users.get(name) ?? []);
      return [...asked(backend, at, backendReason(backend)), ...left(backend, at, others, document)];
    }),
  ];
}

interface Named {
  readonly noun: string;
  readonly name: string;
  readonly option: Frontend['option'] | Backend['option'];
}

function named(noun: string, section: Document['frontends'] | Document['backends'], names: readonly string[]): readonly Named[] {
  return names.flatMap((name) => {
    const own = Object.hasOwn(section, name) ? section[name] : undefined;
    return own === undefined ? [] : [{ noun, name, option: own.option }];
  });
}

/** Why nothing of a frontend can be spliced; null: something can. */
function frontendReason({ bind }: Frontend): string | null {
  return bind.length > 0 && bind.every(({ ssl }) => ssl !== undefined) ? 'every bind of this frontend speaks TLS' : null;
}

/** Why nothing of a backend can be spliced; null: something can. */
function backendReason(backend: Backend): string | null {
  if (backend['use-fcgi-app'] !== undefined) return 'its servers speak FastCGI';
  const shared = backend['default-server'].ssl;
  const speaks = (ssl: Backend['default-server']['ssl']) => ssl !== undefined && ssl !== false;
  const all = [...Object.values(backend.servers), ...Object.values(backend['server-template'])];
  const isTls = all.length > 0 && all.every((server) => speaks(typeof server === 'string' ? shared : (server.ssl ?? shared)));
  return isTls ? 'every server of this backend speaks TLS' : null;
}

/** What is asked for and cannot be, or not for all. */
function asked({ option, compression }: Frontend | Backend, at: At, reason: string | null): readonly Problem[] {
  const words = WORDS.filter((word) => option[word] === true);
  if (reason !== null)
    return words.map((word) =>
      warning([...at, 'option', word], `${word} has no effect: ${reason}`, 'bytes that HAProxy enciphers or wraps pass through its memory'),
    );
  return compression === undefined
    ? []
    : words
        .filter((word) => word === 'splice-response')
        .map((word) => warning([...at, 'option', word], `${word}: what this section compresses is not spliced`));
}

/** What is taken back on one side alone: HAProxy splices where either says so. */
function left({ option }: Frontend | Backend, at: At, others: () => readonly Named[], { defaults }: Document): readonly Problem[] {
  return WORDS.filter((word) => option[word] === false).flatMap((word) => {
    const usual = defaults.option[word] ?? word === 'splice-auto';
    const other = others().find((each) => each.option[word] ?? usual);
    if (other === undefined) return [];
    const message = `${word} goes on: ${other.noun} ${quote(other.name)} has it, and one side is enough`;
    return [warning([...at, 'option', word], message, 'take it back there too, or in defaults')];
  });
}
