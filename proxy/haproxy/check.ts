import type { Check, CheckSettings, CheckStep, Word } from '../model.ts';
import { type Line, placed } from './line.ts';
import { escaped, line, literal, phrase, word } from './quote.ts';

const wordText = (each: Word): string => (typeof each === 'string' ? word(each) : escaped(each.escaped));

function stepLine(of: string, { verb, words }: CheckStep): string {
  return [`    ${of}`, verb, ...words.map(wordText)].join(' ');
}

/** The section lines of a health check: what is sent and what is expected (configuration manual, 4.2 "http-check"). A TCP check needs none. */
export function checkLines(check: Check | null): readonly Line[] {
  if (check === null) return [];
  const states = [
    ...(check.disableOn404 ? [line('http-check', 'disable-on-404')] : []),
    ...(check.sendState ? [line('http-check', 'send-state')] : []),
  ];
  switch (check.kind) {
    case 'tcp':
      return [];
    case 'protocol':
      return [line('option', ...check.words)];
    case 'steps': {
      const { of, steps } = check;
      return [
        line('option', of === 'http-check' ? 'httpchk' : of),
        ...states,
        ...steps.flatMap((step, index) => placed([of, index], [stepLine(of, step)])),
      ];
    }
    case 'http':
      return [line('option', 'httpchk'), ...states, ...requestLines(check)];
  }
}

function requestLines({ method, path, host, headers, expect }: Extract<Check, { readonly kind: 'http' }>): readonly string[] {
  const sent = [...(host === null ? [] : [['Host', host] as const]), ...Object.entries(headers)];
  // without a Host header HTTP/1.1 is refused by every server (RFC 9112, 3.2)
  const version = sent.some(([header]) => header.toLowerCase() === 'host') ? 'HTTP/1.1' : 'HTTP/1.0';
  const headerWords = sent.flatMap(([header, value]) => ['hdr', header, literal(value)]);
  return [
    line('http-check', 'send', 'meth', method, 'uri', path, 'ver', version, ...headerWords),
    stepLine('http-check', { verb: 'expect', words: expect.length === 0 ? ['status', '200-399'] : expect }),
  ];
}

/** How often and how servers are checked, as words of a `server` line. */
export function checkWords(settings: CheckSettings): string {
  const { inter, fastinter, downinter, fall, rise, port, addr, ssl, sni, alpn, sendProxy } = settings;
  const optional = (key: string, value: string | number | null) => (value === null ? [] : [key, value]);
  return phrase(
    'check',
    'inter',
    inter,
    ...optional('fastinter', fastinter),
    ...optional('downinter', downinter),
    'fall',
    fall,
    'rise',
    rise,
    ...optional('port', port),
    ...optional('addr', addr?.includes(':') ? `[${addr}]` : addr),
    ...(ssl ? ['check-ssl'] : []),
    ...optional('check-sni', sni),
    ...(alpn.length === 0 ? [] : ['check-alpn', alpn.join(',')]),
    ...(sendProxy ? ['check-send-proxy'] : []),
  );
}

/** The name that a check asks for in TLS, or null: its own, or that of its Host header. */
export function checkHost(check: Check | null): string | null {
  return check?.kind === 'http' ? check.host : null;
}

/** Whether a check speaks TLS of its own accord, in any of its steps. */
export function speaksTls(check: Check | null): boolean {
  if (check === null) return false;
  return check.ssl || (check.kind === 'steps' && check.steps.some(({ verb, words }) => verb === 'connect' && words.includes('ssl')));
}
