import type { DataPlane } from '../../model.ts';
import { backendSection } from '../backend.ts';
import { cacheSection } from '../cache.ts';
import { certificateLines, certificateLists } from '../crt-list.ts';
import { defaultsSections } from '../defaults.ts';
import { frontendSection } from '../frontend.ts';
import { type Line, type Place, placed, placeOf, textOf } from '../line.ts';
import { luaLines } from '../lua.ts';
import { httpErrorsSection } from '../own-answer.ts';
import { silentPeersSections } from '../peers.ts';
import { line, rawLines } from '../quote.ts';
import { stickTableSection } from '../stick-table.ts';
import { TLS_KEYWORDS, tlsDefaults } from '../tls-defaults.ts';
import { userlistSection } from '../userlist.ts';
import { settingLines } from '../words.ts';
import type { ChosenBind } from './chosen-bind.ts';
import { traceVariable } from './notes.ts';
import { privatePlane, privateSockets } from './private-plane.ts';
import { type Traced, traced } from './trace.ts';

/** What a private HAProxy is started with, and what is needed to read what it says. */
export interface PrivateConfig {
  readonly config: string;
  /** For each line of `config`, which part of the document asked for it, notes and what is weir's own aside. */
  readonly places: readonly (Place | null)[];
  /** Further files by their path below the folder: crt-lists. */
  readonly lists: ReadonlyMap<string, string>;
  /** The files beside the document that it names, by their path on the appliance; below the folder they have the same path without /run/weir/. */
  readonly named: readonly string[];
  readonly marks: Traced['marks'];
  /** Raw lines that it does not have. */
  readonly leftOut: readonly Place[];
}

/** How a line begins that the frontend logs, and one of a stand-in for servers. Behind the first stand words, the trace last; texts are base64. */
export const logged = { request: 'weir-route', server: 'weir-server' } as const;

/** Backend, server, status, how it ended, the line that decided, the trace. */
const requestFormat = `${logged.request} %b %s %ST %tsc %[last_rule_line] %[var(${traceVariable})]`;
const sessionFormat = `${logged.request} %b %s - %ts %[last_rule_line] %[var(${traceVariable})]`;

/** Method, path and headers as they came to the server. */
const serverFormat = `${logged.server} %[var(txn.method)] %[var(txn.path),base64] %[var(txn.headers),base64]`;

function globalLines(plane: DataPlane): readonly Line[] {
  const further = Object.fromEntries(Object.entries(plane.global.settings).filter(([key]) => !TLS_KEYWORDS.has(key)));
  return [
    'global',
    line('nbthread', 1),
    line('maxconn', 100),
    line('log', 'stdout', 'len', 65535, 'format', 'raw', 'local0'),
    line('expose-experimental-directives'),
    ...tlsDefaults(plane),
    ...placed(['global'], settingLines(further)),
    ...placed(['global'], luaLines(plane.global.lua)),
    ...placed(['global'], rawLines(plane.extraGlobal)),
  ];
}

/** What answers in the place of every server: HTTP with an empty page after it has said what came, TCP by closing. */
function standIns(folder: string): readonly (readonly string[])[] {
  const bind = (socket: string) => line('bind', `unix@${folder}/${socket}`, 'mode', 600);
  return [
    [
      'frontend weir:http from http',
      bind(privateSockets.http),
      line('log-format', serverFormat),
      line('http-request', 'set-var(txn.method)', 'method'),
      line('http-request', 'set-var(txn.path)', 'url'),
      line('http-request', 'set-var(txn.headers)', 'req.hdrs'),
      line('http-request', 'return', 'status', 200),
    ],
    ['frontend weir:tcp from tcp', bind(privateSockets.tcp), line('no', 'log'), line('tcp-request', 'connection', 'reject')],
  ];
}

/** Files beside the document, which stand below the private folder as they do on the appliance. */
const beside = /\/run\/weir\/((?:certificates|maps|secrets|pages|lua)\/[A-Za-z0-9_.-]+)/g;

/** The configuration of a HAProxy that answers what the one of the document would, for the bind that was chosen; `folder` is its own. */
export function privateConfig(document: DataPlane, chosen: ChosenBind, folder: string): PrivateConfig {
  const format = chosen.frontend.mode === 'http' ? requestFormat : sessionFormat;
  const { plane: reduced, leftOut } = privatePlane(document, chosen, folder, format);
  const { plane, marks, origins } = traced(reduced);
  const [frontend] = plane.frontends;
  if (frontend === undefined) throw new Error('a private data plane has its one frontend');
  const lists = certificateLists(frontend, certificateLines(plane.certificates), folder);
  const sections: readonly (readonly Line[])[] = [
    globalLines(plane),
    ...defaultsSections(plane),
    ...plane.httpErrors.map(httpErrorsSection),
    ...plane.userlists.map(userlistSection),
    ...plane.caches.map(cacheSection),
    ...silentPeersSections(plane),
    ...plane.stickTables.filter(({ isOfPeers }) => !isOfPeers).map((table) => stickTableSection(table, null)),
    frontendSection(frontend, plane, new Set(), lists, folder),
    ...plane.backends.map((backend) => backendSection(backend, plane, new Map(), folder)),
    ...standIns(folder),
  ];
  const lines = sections.flat();
  const named = new Set<string>();
  const moved = (text: string): string =>
    text.replaceAll(beside, (path, name: string) => {
      named.add(path);
      return `${folder}/${name}`;
    });
  const original = (at: Place | null): Place | null => {
    if (at === null) return null;
    const [section, name, ruleset, index] = at;
    return origins.get(JSON.stringify([section, name, ruleset, index])) ?? at;
  };
  const config = moved(`${lines.map(textOf).join('\n')}\n`);
  const files = new Map(lists.flatMap((list) => (list === null ? [] : [[list.path.slice(folder.length + 1), moved(list.text)] as const])));
  return { config, places: lines.map((each) => original(placeOf(each))), lists: files, named: [...named], marks, leftOut };
}
