import type { Asked } from '../../proxy/haproxy/route/question.ts';
import type { RouteAnswer, RouteDifference, Spot } from '../agent/route-answer.ts';
import { UNPRINTABLE } from '../config/problem.ts';

/** Most rules without effect that are told to people; `--json` has all. */
const mostPassed = 20;

const plain = (text: string): string => text.replace(UNPRINTABLE, '?');
const where = ({ path, file, line }: Spot): string => `${path} (${file}:${line})`;

/** A rule as it stands in the document, and what of its condition held. */
function ruleLines({ at, held, because }: RouteAnswer['rules'][number]): readonly string[] {
  const parts = because.map(({ text, held: isHeld }) => `${text} ${isHeld ? 'holds' : 'does not hold'}`);
  return [
    `  ${held ? '+' : '-'} ${where(at)}: ${at.text.replace(/^- /, '')}`,
    ...(parts.length === 0 ? [] : [`      ${parts.join('; ')}`]),
  ];
}

const takenBy: Readonly<Record<NonNullable<RouteAnswer['takenBy']>, string>> = {
  'use-server': 'a use-server rule names it',
  cookie: "the client's cookie names it",
  hash: 'the same request finds the same server while these are up',
  turn: 'any of them, this time it was',
};

function serverText({ candidates, server, takenBy: by, balance }: RouteAnswer): string {
  if (server === null) return candidates.length === 0 ? 'none' : `${candidates.join(', ')}, of which none took it`;
  if (by === 'turn') return candidates.length < 2 ? server : `${candidates.join(', ')} (${balance}): ${takenBy.turn} ${server}`;
  return `${server}: ${by === null ? '' : takenBy[by]}${by === 'hash' ? ` (${balance}; of ${candidates.join(', ')})` : ''}`;
}

function answerText({ answer, backend }: RouteAnswer): string {
  if (answer === null) return `by the server${backend === null ? '' : ` of ${backend}`}`;
  const { status, location, by, reason } = answer;
  const what = status === null ? 'the connection is closed without a word' : `${status}${location === null ? '' : ` to ${location}`}`;
  const why = by === null ? reason : `by ${where(by)}: ${by.text.replace(/^- /, '')}`;
  return `${what}, HAProxy itself${why === null ? '' : `, ${why}`}`;
}

/** The request as the server gets it, where it is not as it was asked. */
function forwardedLines({ request, headers }: Asked, { forwarded }: RouteAnswer): readonly string[] {
  if (forwarded === null) return [];
  const said = new Set(['host', 'connection', ...headers.map((each) => each.slice(0, each.indexOf(':')).toLowerCase())]);
  const added = forwarded.headers.filter(([name]) => !said.has(name)).map(([name, value]) => `    ${name}: ${value}`);
  const host = forwarded.headers.find(([name]) => name === 'host')?.[1] ?? '';
  const isChanged = !request.endsWith(`${host}${forwarded.path}`) || !request.startsWith(forwarded.method);
  return [...(isChanged || added.length > 0 ? [`sent on     ${forwarded.method} ${forwarded.path}, host ${host}`] : []), ...added];
}

/** The answer for a person. */
export function formatRoute(asked: Asked, route: RouteAnswer): string {
  const { bind, source, destination, certificate, rules, backend, chosenBy, unanswered } = route;
  const passed = rules.filter(({ held }) => !held).length;
  const shown = passed > mostPassed ? rules.filter(({ held }) => held) : rules;
  return plainLines([
    `${asked.request}${source === null ? '' : ` from ${source}${asked.source === null ? ' (an address that nobody has)' : ''}`}`,
    `bind        ${where(bind)}: ${bind.text.replace(/^- /, '')}${destination === null ? '' : `, as ${destination}`}`,
    ...(certificate === null ? [] : [`certificate ${certificate}`]),
    ...(rules.length === 0 ? [] : ['rules']),
    ...shown.flatMap(ruleLines),
    ...(shown.length < rules.length ? [`  - ${passed} more did not hold (--json tells them)`] : []),
    `backend     ${backend ?? 'none'}${chosenBy === null ? '' : `, by ${where(chosenBy)}`}`,
    ...(backend === null ? [] : [`servers     ${serverText(route)}`]),
    ...forwardedLines(asked, route),
    `answer      ${answerText(route)}`,
    ...(unanswered.length === 0 ? [] : ['not answered']),
    ...unanswered.map(({ at, text }) => `  ${at === null ? '' : `${where(at)}: `}${text}`),
  ]);
}

/** Where two answers differ, for a person. */
export function formatDifferences(differences: readonly RouteDifference[]): string {
  if (differences.length === 0) return 'The running document gives the same answer.\n';
  return plainLines([
    'The running document answers otherwise:',
    ...differences.flatMap(({ what, document, running }) => [`  ${what}`, `    - ${running}`, `    + ${document}`]),
  ]);
}

const plainLines = (lines: readonly string[]): string => `${lines.map(plain).join('\n')}\n`;
