import type { Backend, Balance, Cookie, DataPlane } from '../model.ts';
import { aclScope } from './acl-scope.ts';
import { checkLines } from './check.ts';
import { termsOf } from './condition.ts';
import { guid } from './identity.ts';
import { type Line, placed } from './line.ts';
import { comment, line, name, rawLines } from './quote.ts';
import { ruleLines } from './rule.ts';
import { serverLines } from './server.ts';
import { timeoutLines } from './timeout.ts';

/** Algorithms whose argument stands in parentheses behind their name; that of the others follows as words. */
const called = new Set(['hdr', 'random', 'rdp-cookie']);

const split = (words: string): readonly string[] => words.split(' ').filter((each) => each !== '');

function balanceLines({ algorithm, argument, hashType, hashBalanceFactor }: Balance): readonly string[] {
  const words = called.has(algorithm)
    ? [argument === null ? algorithm : `${algorithm}(${argument})`]
    : [algorithm, ...(argument === null ? [] : algorithm === 'hash' ? [argument] : split(argument))];
  return [
    line('balance', ...words),
    ...(hashType === null ? [] : [line('hash-type', ...split(hashType))]),
    ...(hashBalanceFactor === null ? [] : [line('hash-balance-factor', hashBalanceFactor)]),
  ];
}

function cookieLines(cookie: Cookie | null): readonly string[] {
  if (cookie === null) return [];
  const { name: called, words, maxidle, maxlife, domain } = cookie;
  const option = (key: string, value: string | null) => (value === null ? [] : [key, value]);
  return [line('cookie', called, ...words, ...option('maxidle', maxidle), ...option('maxlife', maxlife), ...option('domain', domain))];
}

/** Reuse beyond `safe` sends a first request over a used connection that the server may just be closing: only what is harmless twice is retried. */
function reuseLines({ httpReuse, mode }: Backend): readonly string[] {
  if (mode !== 'http' || httpReuse === 'safe') return [];
  if (httpReuse === 'never') return [line('http-reuse', 'never')];
  return [
    line('http-reuse', httpReuse),
    comment('a server may close a used connection under a first request: that is sent again, unless it changes something'),
    line('retry-on', 'conn-failure', 'empty-response'),
    `${line('http-request', 'disable-l7-retry', 'unless')} { method GET HEAD OPTIONS }`,
  ];
}

/** One backend section. */
export function backendSection(backend: Backend, plane: DataPlane): readonly Line[] {
  const { mode, balance, cookie, check, timeouts, fullconn, httpRequest, httpResponse, acls, extra } = backend;
  const scope = aclScope(termsOf(acls, plane));
  const ruled = [...ruleLines('http-request', httpRequest, scope, plane), ...ruleLines('http-response', httpResponse, scope, plane)];
  return placed(
    ['backends', backend.name],
    [
      `backend ${name(backend.name)} from ${mode}`,
      line('guid', guid('backend', backend.name)),
      ...placed(['balance'], balanceLines(balance)),
      ...placed(['cookie'], cookieLines(cookie)),
      ...placed(['check'], checkLines(check)),
      ...placed(['timeout'], timeoutLines(timeouts)),
      ...(fullconn === null ? [] : [line('fullconn', fullconn)]),
      ...reuseLines(backend),
      ...scope.lines(),
      ...ruled,
      ...rawLines(extra),
      ...serverLines(backend),
    ],
  );
}
