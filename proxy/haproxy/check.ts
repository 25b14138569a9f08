import type { Check } from '../model.ts';
import { line, literal } from './quote.ts';

/** The section lines of a health check: what is sent and what is expected (configuration manual, 4.2 "http-check"). A TCP check needs none. */
export function checkLines(check: Check | null): readonly string[] {
  if (check === null || check.kind === 'tcp') return [];
  const { method, path, host, headers, expectStatus } = check;
  const sent = [...(host === null ? [] : [['Host', host] as const]), ...Object.entries(headers)];
  // without a Host header HTTP/1.1 is refused by every server (RFC 9112, 3.2)
  const version = sent.some(([header]) => header.toLowerCase() === 'host') ? 'HTTP/1.1' : 'HTTP/1.0';
  return [
    line('option', 'httpchk'),
    line(
      'http-check',
      'send',
      'meth',
      method,
      'uri',
      path,
      'ver',
      version,
      ...sent.flatMap(([header, value]) => ['hdr', header, literal(value)]),
    ),
    line('http-check', 'expect', 'status', expectStatus ?? '200-399'),
  ];
}

/** How often servers are checked, as words of `default-server`. */
export function checkWords(check: Check): readonly string[] {
  const { inter, fall, rise, port } = check;
  return ['check', 'inter', inter, 'fall', String(fall), 'rise', String(rise), ...(port === null ? [] : ['port', String(port)])];
}

/** The name that a check asks for in TLS, or null: that of its Host header. */
export function checkHost(check: Check | null): string | null {
  return check?.kind === 'http' ? check.host : null;
}
