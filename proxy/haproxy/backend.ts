import type { Backend, DataPlane, Ruleset } from '../model.ts';
import { aclScope } from './acl-scope.ts';
import { balanceLines } from './balance.ts';
import { checkLines } from './check.ts';
import { compressionLines } from './compression.ts';
import { alternatives, termsOf } from './condition.ts';
import { filterLines } from './filters.ts';
import { guid } from './identity.ts';
import { type Line, placed } from './line.ts';
import { logLines } from './logging.ts';
import { emailAlertLines } from './mailers.ts';
import { optionLines } from './option.ts';
import { errorLines, maintenanceLines } from './own-answer.ts';
import { cookieLines, persistenceLines } from './persistence.ts';
import { comment, line, name, rawLines } from './quote.ts';
import { defaultInspectDelay, ruleLines } from './rule.ts';
import { serverLines } from './server.ts';
import { timeoutLines } from './timeout.ts';

/** What stands behind `retry-on` where it must not repeat what changes something: a connection that failed has carried no request. */
const harmless: ReadonlySet<string> = new Set(['none', 'conn-failure', '0rtt-rejected']);

/**
 * Reuse of connections, and what is tried again. Reuse beyond `safe` sends a first request over a used connection that the server may just be closing:
 * only what is harmless twice is retried.
 */
function retryLines({ httpReuse, mode, retries, retryOn, servers }: Backend): readonly Line[] {
  const isBold = mode === 'http' && (httpReuse === 'aggressive' || httpReuse === 'always');
  // HAProxy asks for these where the first packet has data: a server that ignores it has lost them
  const isFast = servers.some(({ words }) => words.tfo === true);
  const usual = isFast ? ['conn-failure', 'empty-response', 'response-timeout'] : isBold ? ['conn-failure', 'empty-response'] : [];
  const words = retryOn.length > 0 ? retryOn : usual;
  return [
    ...(mode === 'tcp' || httpReuse === 'safe' ? [] : placed(['http-reuse'], [line('http-reuse', httpReuse)])),
    ...(retries === null ? [] : placed(['retries'], [line('retries', retries)])),
    ...(isBold
      ? [comment('a server may close a used connection under a first request: that is sent again, unless it changes something')]
      : []),
    ...(words.length === 0 ? [] : placed(['retry-on'], [line('retry-on', ...words)])),
    ...(words.every((word) => harmless.has(word))
      ? []
      : [
          comment('a request that changes something is sent once: whether the server has begun with it is not known'),
          `${line('http-request', 'disable-l7-retry', 'unless')} { method GET HEAD OPTIONS }`,
        ]),
  ];
}

/** One backend section. */
export function backendSection(backend: Backend, plane: DataPlane, sockets: ReadonlyMap<string, string>, runDir: string): readonly Line[] {
  const {
    mode,
    balance,
    cookie,
    check,
    timeouts,
    options,
    fullconn,
    rules,
    inspectDelay,
    responseInspectDelay,
    useServer,
    answers,
    compression,
    logs,
    emailAlert,
    fcgiApp,
    acls,
    extra,
  } = backend;
  const scope = aclScope(termsOf(acls, plane));
  const linesOf = (ruleset: Ruleset) => ruleLines(ruleset, rules[ruleset] ?? [], scope, plane);
  const waiting = (side: 'request' | 'response', delay: string | null) => {
    const lines = linesOf(`tcp-${side} content`);
    const time = delay ?? (lines.length > 0 ? defaultInspectDelay : null);
    return [...(time === null ? [] : [line(`tcp-${side}`, 'inspect-delay', time)]), ...lines];
  };
  const ruled = [
    ...waiting('request', inspectDelay),
    ...retryLines(backend),
    ...maintenanceLines(answers.maintenance, scope, plane),
    ...linesOf('http-request'),
    ...waiting('response', responseInspectDelay),
    ...linesOf('http-response'),
    ...linesOf('http-after-response'),
  ];
  const sticking = persistenceLines(backend, scope, plane);
  const served = useServer.flatMap(({ server, condition }, index) =>
    placed(
      ['use-server', index],
      scope.clauses(alternatives(condition, plane)).map((clause) => `${line('use-server', server)} ${clause}`.trimEnd()),
    ),
  );
  return placed(
    ['backends', backend.name],
    [
      `backend ${name(backend.name)} from ${mode}`,
      line('guid', guid('backend', backend.name)),
      ...placed(['balance'], balanceLines(balance)),
      ...placed(['cookie'], cookieLines(cookie)),
      ...optionLines(options),
      ...placed(['check'], checkLines(check)),
      ...placed(['timeout'], timeoutLines(timeouts)),
      ...(fullconn === null ? [] : [line('fullconn', fullconn)]),
      ...(fcgiApp === null ? [] : placed(['use-fcgi-app'], [line('use-fcgi-app', name(fcgiApp))])),
      ...logLines(logs),
      ...emailAlertLines(emailAlert),
      ...compressionLines(compression),
      ...filterLines(backend, runDir),
      ...errorLines(answers),
      ...scope.lines(),
      ...sticking,
      ...ruled,
      ...rawLines(extra),
      ...served,
      ...serverLines(backend, sockets),
    ],
  );
}
