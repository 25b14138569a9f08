import type { Logging, LogTarget, Ring } from '../model/logging.ts';
import { addressText } from './address.ts';
import { type Line, placed } from './line.ts';
import { line, name } from './quote.ts';

/** What a frontend logs and where (configuration manual, 8): the lines of its section. */
export function loggingLines({ format, errorFormat, structuredData, tag, targets, captured, uniqueId }: Logging): readonly Line[] {
  const said = (keyword: string, value: string | null) => (value === null ? [] : placed([keyword], [line(keyword, value)]));
  const { requestHeaders, responseHeaders, declared, cookie } = captured;
  return [
    ...said('log-format', format),
    ...said('error-log-format', errorFormat),
    ...said('log-format-sd', structuredData),
    ...said('log-tag', tag),
    ...logLines(targets),
    ...captureLines('capture request header', requestHeaders),
    ...captureLines('capture response header', responseHeaders),
    ...(['request', 'response'] as const).flatMap((side) =>
      placed(
        ['declare capture', side],
        declared[side].map((length) => line('declare', 'capture', side, 'len', length)),
      ),
    ),
    ...(cookie === null ? [] : placed(['capture cookie'], [line('capture', 'cookie', cookie.name, 'len', cookie.length)])),
    ...(uniqueId === null ? [] : [...said('unique-id-format', uniqueId.format), ...said('unique-id-header', uniqueId.header)]),
  ];
}

/** The `log` lines of a section, besides that of defaults. */
export function logLines(targets: readonly LogTarget[]): readonly Line[] {
  return targets.flatMap((target, index) => placed(['log', index], [targetLine('log', target)]));
}

function captureLines(
  keyword: 'capture request header' | 'capture response header',
  headers: Readonly<Record<string, number>>,
): readonly Line[] {
  return placed(
    [keyword],
    Object.entries(headers).map(([header, length]) => line(...keyword.split(' '), header, 'len', length)),
  );
}

/** Where log lines go: `log`, or another keyword for what is logged. */
export function targetLine(keyword: 'log' | 'log-stderr', { to, length, format, sample, facility, level, minlevel }: LogTarget): string {
  const options = [...(sample === null ? [] : ['sample', sample]), facility, ...[level, minlevel].filter((each) => each !== null)];
  const target = to.kind === 'ring' ? `ring@${name(to.name)}` : addressText(to);
  return line(keyword, target, 'len', length, 'format', format, ...options);
}

/** A section `ring`: lines wait in memory for a server that is reached by TCP (configuration manual, 3.9). */
export function ringSection({ name: ring, address, port, format, size, maxlen, protocol, timeouts }: Ring): readonly Line[] {
  return placed(
    ['rings', ring],
    [
      `ring ${name(ring)}`,
      line('format', format),
      line('maxlen', maxlen),
      line('size', size),
      line('timeout', 'connect', timeouts.connect),
      line('timeout', 'server', timeouts.server),
      line('server', 'collector', addressText({ address, port }), ...(protocol === 'octet-count' ? ['log-proto', 'octet-count'] : [])),
    ],
  );
}
