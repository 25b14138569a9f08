import type { Forwarded, TakenBy } from '../../proxy/haproxy/route/reading.ts';
import type { LocatedProblem } from '../config/problem.ts';

/** A part of the document: its path there (`frontends.web.http-request[2]`), its line, and what stands in that line. */
export interface Spot {
  readonly path: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What a document's HAProxy does with a request, and why. */
export interface RouteAnswer {
  readonly kind: 'routed';
  readonly frontend: string;
  readonly bind: Spot;
  /** Whom HAProxy sees; null: a UNIX socket has no addresses. */
  readonly source: string | null;
  readonly destination: string | null;
  /** The names of the certificate that a client is shown; null: no TLS was spoken. */
  readonly certificate: string | null;
  /** The rules that were looked at, in their order. */
  readonly rules: readonly {
    readonly at: Spot;
    readonly held: boolean;
    readonly because: readonly { readonly text: string; readonly held: boolean }[];
  }[];
  /** Null: the frontend answers itself. */
  readonly backend: string | null;
  readonly chosenBy: Spot | null;
  readonly balance: string | null;
  /** The server that took it, and how it came to be taken. */
  readonly server: string | null;
  readonly takenBy: TakenBy | null;
  /** Servers that might take it while all are up. */
  readonly candidates: readonly string[];
  /** What HAProxy answers itself, a null status is a connection closed without a word; null: a server answers. */
  readonly answer: {
    readonly status: number | null;
    readonly location: string | null;
    readonly by: Spot | null;
    readonly reason: string | null;
    readonly headers: Forwarded['headers'];
  } | null;
  /** The request as a server gets it; null: none does, or it is none of HTTP. */
  readonly forwarded: Forwarded | null;
  /** What this leaves open. */
  readonly unanswered: readonly { readonly at: Spot | null; readonly text: string }[];
}

/** Why there is no answer: mistakes of the document with their place, or reasons that have none. */
export interface RouteRefusal {
  readonly kind: 'refused';
  readonly problems: readonly LocatedProblem[];
  readonly reasons: readonly { readonly message: string; readonly hint: string }[];
}

/** Something of two answers that is not the same. */
export interface RouteDifference {
  readonly what: string;
  readonly document: string;
  readonly running: string;
}

const none = 'none';

function compared({ bind, rules, backend, candidates, server, takenBy, answer, forwarded }: RouteAnswer): Readonly<Record<string, string>> {
  const held = rules.filter((rule) => rule.held).map(({ at }) => at.text);
  return {
    bind: bind.text,
    'rules that held': held.join('; ') || none,
    backend: backend ?? none,
    servers: candidates.join(', ') || none,
    // whose turn it is means nothing
    server: takenBy === null || takenBy === 'turn' ? 'any of them' : (server ?? none),
    status: answer === null ? 'that of the server' : String(answer.status ?? 'closed'),
    location: answer?.location ?? none,
    request: forwarded === null ? none : `${forwarded.method} ${forwarded.path}`,
    headers: forwarded === null ? none : forwarded.headers.map((pair) => pair.join(': ')).join('; '),
  };
}

/** Where the answer of a document differs from that of the running one; empty: nowhere. */
export function routeDifferences(document: RouteAnswer, running: RouteAnswer): readonly RouteDifference[] {
  const [mine, theirs] = [compared(document), compared(running)];
  return Object.entries(mine).flatMap(([what, text]) =>
    text === theirs[what] ? [] : [{ what, document: text, running: theirs[what] ?? none }],
  );
}
