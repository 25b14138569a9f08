import type { DataPlane, Frontend, Route, Rule, Ruleset } from '../model.ts';
import { aclScope } from './acl-scope.ts';
import { keySample, patternsOf } from './atom.ts';
import { altSvcLines, bindLines, expectProxyLines } from './bind.ts';
import { compressionLines } from './compression.ts';
import { alternatives, termsOf } from './condition.ts';
import type { CertificateList } from './crt-list.ts';
import { filterLines } from './filters.ts';
import { logLine } from './global.ts';
import { guid } from './identity.ts';
import { type Line, placed } from './line.ts';
import { loggingLines } from './logging.ts';
import { optionLines } from './option.ts';
import { errorLines, maintenanceLines, monitorLines } from './own-answer.ts';
import { comment, line, name, rawLines, word } from './quote.ts';
import { defaultInspectDelay, ruleLines } from './rule.ts';
import { fetchOf } from './sample.ts';
import { statsLines } from './stats-page.ts';
import { timeoutLines } from './timeout.ts';
import { settingLines } from './words.ts';

/** Whether a TCP frontend routes by what only the client's TLS hello says, so that it must wait for it. */
export function needsTlsHello({ mode, rules, useBackend }: Frontend, plane: DataPlane): boolean {
  const terms = [...(rules['tcp-request content'] ?? []), ...useBackend].flatMap(({ condition }) => alternatives(condition, plane).flat());
  const samples = terms.flatMap(({ atom }) => atom.expressions.map(([sample = '']) => sample));
  const looked = useBackend.flatMap(({ backend }) => (typeof backend === 'string' ? [] : [backend.sample]));
  return mode === 'tcp' && [...samples, ...looked].some((sample) => /^req[._]ssl_/.test(fetchOf(sample)));
}

const helloArrived: Rule = {
  action: { kind: 'accept' },
  condition: { kind: 'sample', sample: 'req.ssl_hello_type', test: { kind: 'patterns', patterns: ['1'] } },
};

/** Who a client is, as we saw it: what it claims itself is deleted first, or anybody could be anybody (RFC 7239, 8.1). */
const forwarded: readonly string[] = [
  comment('what a client says about itself is not believed'),
  line('http-request', 'del-header', 'X-Forwarded-', '-m', 'beg'),
  line('http-request', 'del-header', 'Forwarded'),
  line('http-request', 'set-header', 'X-Forwarded-Proto', '%[ssl_fc,iif(https,http)]'),
];

/** What came with a client's first packet may be a copy that somebody sends again (RFC 8470, 3): only what changes nothing is done at once. */
function earlyData({ binds }: Frontend): readonly string[] {
  if (!binds.some(({ ssl }) => ssl?.options['allow-0rtt'] === true)) return [];
  return [
    comment('early data may be sent again by others: what changes something waits until the client has proved itself'),
    `${line('http-request', 'wait-for-handshake', 'unless')} { method GET HEAD OPTIONS }`,
  ];
}

/** A backend by its name, or that which a map has for a sample. */
function routeText(route: Route, { maps }: DataPlane): string {
  if (typeof route === 'string') return name(route);
  const { match, file } = patternsOf(route.map, maps);
  return word(`%[${keySample(route.sample)},map_${match}(${[file, ...(route.other === null ? [] : [name(route.other)])].join(',')})]`);
}

/** One frontend section. `takenByIpv4` are the ports that a bind of any frontend takes for IPv4, `lists` the crt-lists of this one's binds. */
export function frontendSection(
  frontend: Frontend,
  plane: DataPlane,
  takenByIpv4: ReadonlySet<number>,
  lists: readonly (CertificateList | null)[],
  runDir: string,
): readonly Line[] {
  const { mode, maxconn, settings, options, timeouts, acls, rules, useBackend, defaultBackend, extra } = frontend;
  const { logging, monitor, stats, answers, compression } = frontend;
  const scope = aclScope(termsOf(acls, plane));
  const linesOf = (ruleset: Ruleset, of = rules[ruleset] ?? []) => ruleLines(ruleset, of, scope, plane);

  const waits = needsTlsHello(frontend, plane);
  const content = [...(rules['tcp-request content'] ?? []), ...(waits ? [helloArrived] : [])];
  const delay = frontend.inspectDelay ?? (content.length > 0 ? defaultInspectDelay : null);
  const monitored = monitorLines(monitor, scope, plane);
  const ruled = [
    ...expectProxyLines(frontend),
    ...linesOf('tcp-request connection'),
    ...linesOf('tcp-request session'),
    ...(delay === null ? [] : [line('tcp-request', 'inspect-delay', delay)]),
    ...linesOf('tcp-request content', content),
    ...monitored,
    ...(mode === 'http' ? [...earlyData(frontend), ...forwarded] : []),
    ...(logging.uniqueId?.header ? [line('http-request', 'del-header', logging.uniqueId.header)] : []),
    ...maintenanceLines(answers.maintenance, scope, plane),
    ...linesOf('http-request'),
    ...linesOf('http-response'),
    ...altSvcLines(frontend),
    ...linesOf('http-after-response'),
  ];
  const statistics = statsLines(stats, scope, plane);
  const routed = useBackend.flatMap(({ backend, condition }, index) =>
    placed(
      ['use_backend', index],
      scope.clauses(alternatives(condition, plane)).map((clause) => `    use_backend ${routeText(backend, plane)} ${clause}`.trimEnd()),
    ),
  );

  return placed(
    ['frontends', frontend.name],
    [
      `frontend ${name(frontend.name)} from ${mode}`,
      line('guid', guid('frontend', frontend.name)),
      ...bindLines(frontend, takenByIpv4, lists, runDir),
      ...(maxconn === null ? [] : [line('maxconn', maxconn)]),
      ...settingLines(settings),
      ...optionLines(options),
      ...placed(['timeout'], timeoutLines(timeouts)),
      ...(plane.logSample === null ? [] : [line('no', 'log'), logLine(plane.logSample)]),
      ...loggingLines(logging),
      ...compressionLines(compression),
      ...filterLines(frontend, runDir),
      ...errorLines(answers),
      ...scope.lines(),
      ...statistics,
      ...ruled,
      ...rawLines(extra),
      ...routed,
      ...(defaultBackend === null ? [] : placed(['default_backend'], [line('default_backend', name(defaultBackend))])),
    ],
  );
}
