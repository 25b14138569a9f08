import type { Directive, Section } from './source.ts';

/** A proxy with what it inherits: a frontend, a backend, or a `listen`, which is both. */
export interface ProxySection {
  readonly section: Section;
  readonly directives: readonly Inherited[];
}

/** A line that holds for a proxy; `isInherited`: it stands in a defaults section. */
export interface Inherited extends Directive {
  readonly isInherited: boolean;
}

/** Lines of which each adds to those before; of all others the last counts. */
const ADDING = new Set(
  'acl bind server server-template default-server use_backend use-server http-request http-response http-after-response tcp-request tcp-response http-check tcp-check log stick filter declare redirect block reqadd rspadd reqdel reqidel rspdel rspidel reqrep reqirep rsprep rspirep reqdeny reqideny reqallow reqiallow reqpass reqipass reqtarpit reqitarpit rspdeny rspideny stick-table email-alert force-persist ignore-persist'.split(
    ' ',
  ),
);

/** What a line says something about: a later one about the same takes its place. */
function subject({ words }: Directive): string | null {
  const [first = '', second = '', third = '', fourth = ''] = words[0] === 'no' ? words.slice(1) : words;
  if (ADDING.has(first)) return first === 'tcp-request' && second === 'inspect-delay' ? 'tcp-request inspect-delay' : null;
  if (first === 'capture') return `${first} ${second} ${third} ${fourth}`;
  if (first === 'stats') return second === 'auth' || second === 'http-request' || second === 'admin' ? null : `${first} ${second}`;
  if (
    [
      'timeout',
      'option',
      'compression',
      'errorfile',
      'errorloc',
      'errorloc302',
      'errorloc303',
      'http-error',
      'monitor',
      'hash-type',
    ].includes(first)
  )
    return `${first} ${second}${first === 'http-error' ? third : ''}`;
  return { clitimeout: 'timeout client', srvtimeout: 'timeout server', contimeout: 'timeout connect' }[first] ?? first;
}

/**
 * Every proxy with the lines of its `defaults` (by name, else the last one above it; a defaults section may have one itself) before its own. Lines of
 * `lifted` stand in the document's defaults.
 */
export function proxiesOf(sections: readonly Section[], lifted: ReadonlySet<number> = new Set()): readonly ProxySection[] {
  const named = new Map<string, readonly Inherited[]>();
  let last: readonly Inherited[] = [];
  const proxies: ProxySection[] = [];
  for (const section of sections) {
    const isDefaults = section.keyword === 'defaults';
    if (!isDefaults && !['frontend', 'backend', 'listen'].includes(section.keyword)) continue;
    const base = section.from === null ? (isDefaults ? [] : last) : (named.get(section.from) ?? []);
    const own = section.directives
      .filter(({ line }) => !lifted.has(line))
      .map((directive): Inherited => ({ ...directive, isInherited: isDefaults }));
    const directives = overridden([...base.filter((directive) => !isReplaced(directive, own)), ...own]);
    if (isDefaults) {
      last = directives;
      if (section.name !== '') named.set(section.name, directives);
    } else proxies.push({ section, directives });
  }
  return proxies;
}

/**
 * Whether a rule that a frontend and its backends inherit of one section runs at the other of them only: on content in the frontend, on responses in the backend
 * (http_ana.c, `http_process_res_common`; tcp_rules.c, `tcp_inspect_request`).
 */
export function runsElsewhere(
  { isInherited, line, words: [first, second] }: Inherited,
  { section }: ProxySection,
  all: readonly ProxySection[],
): boolean {
  const other = first === 'http-response' ? 'backend' : first === 'tcp-request' && second === 'content' ? 'frontend' : null;
  if (!isInherited || other === null || section.keyword === other || section.keyword === 'listen') return false;
  return all.some((each) => each.section.keyword === other && each.directives.some((directive) => directive.line === line));
}

/** Rules of checks of its own stand in the place of those that a section inherits (check.c, `proxy_parse_httpcheck`). */
function isReplaced({ words: [first = '', second = ''] }: Directive, own: readonly Directive[]): boolean {
  const isRule = (verb: string) => verb !== 'disable-on-404' && verb !== 'send-state';
  if (!/^(?:http|tcp)-check$/.test(first) || !isRule(second)) return false;
  return own.some(({ words }) => words[0] === first && isRule(words[1] ?? ''));
}

function overridden(directives: readonly Inherited[]): readonly Inherited[] {
  const latest = new Map<string, Inherited>();
  for (const directive of directives) {
    const about = subject(directive);
    if (about !== null) latest.set(about, directive);
  }
  return directives.filter((directive) => {
    const about = subject(directive);
    // what a section says twice itself is looked at twice: each line has its fate
    return about === null || latest.get(about) === directive || (!directive.isInherited && latest.get(about)?.isInherited === false);
  });
}
