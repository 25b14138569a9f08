import type { Action, Body, Replacement } from '../model/action.ts';
import type { OwnAnswer } from '../model/own-answer.ts';
import { type Patterns, patternsOf } from './atom.ts';
import { name, phrase, tableName } from './quote.ts';

/** A verb with arguments in parentheses that belong to it, as one word: `set-var(txn.user)`. */
const called = (verb: string, ...args: readonly (string | number)[]): string => `${verb}(${args.join(',')})`;

/** Statuses that HAProxy has a page for (configuration manual, 4.2 "http-error"); a refusal without a body would be an empty page in a browser. */
const ownPages: ReadonlySet<number> = new Set([200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504]);

/** What an answer of the proxy's own is made of (configuration manual, 4.3 "return", 4.2 "http-error"). */
export function answerWords({ status, contentType, body, headers }: OwnAnswer): readonly (string | number)[] {
  return ['status', status, ...bodyWords(contentType, body), ...headerPairs(headers)];
}

const headerPairs = (headers: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(headers).flatMap(([header, format]) => ['hdr', header, format]);

const bodyWords = (contentType: string | null, body: Body | null): readonly string[] =>
  body === null ? [] : [...(contentType === null ? [] : ['content-type', contentType]), body.kind, body.text];

const replaced = (verb: string, { match, format }: Replacement, ...words: readonly string[]): string =>
  phrase(verb, ...words, match, format);

/** An action as HAProxy writes it, without its ruleset and condition; several for one that names several things, in their order. */
export function actionTexts(action: Action, { maps, lists }: Patterns): readonly string[] {
  switch (action.kind) {
    case 'accept':
    case 'allow':
    case 'close':
    case 'disable-l7-retry':
    case 'reject':
    case 'silent-drop':
    case 'wait-for-handshake':
      return [action.kind];
    case 'deny':
    case 'return':
    case 'tarpit': {
      const { kind, status, body } = action;
      return [
        phrase(kind, ...answerWords(action), ...(kind !== 'return' && body === null && ownPages.has(status) ? ['default-errorfiles'] : [])),
      ];
    }
    case 'auth':
      return [phrase('auth', ...(action.realm === null ? [] : ['realm', action.realm]))];
    case 'redirect': {
      const { to, format, code, options, cookie } = action;
      return [phrase('redirect', to, format, 'code', code, ...options, ...(cookie === null ? [] : [cookie.kind, cookie.text]))];
    }
    case 'set-header':
    case 'add-header':
    case 'early-hint':
      return Object.entries(action.headers).map(([header, format]) => phrase(action.kind, header, format));
    case 'del-header':
      return action.names.map((header) => phrase('del-header', header, ...(action.match === 'str' ? [] : ['-m', action.match])));
    case 'replace-header':
    case 'replace-value':
      return Object.entries(action.headers).map(([header, replacement]) => replaced(action.kind, replacement, header));
    case 'set-status':
      return [phrase('set-status', action.status, ...(action.reason === null ? [] : ['reason', action.reason]))];
    case 'set-method':
    case 'set-path':
    case 'set-pathq':
    case 'set-query':
    case 'set-uri':
      return [phrase(action.kind, action.format)];
    case 'replace-path':
    case 'replace-pathq':
    case 'replace-uri':
      return [replaced(action.kind, action.replacement)];
    case 'normalize-uri':
      return [phrase('normalize-uri', ...action.normalizer)];
    case 'set-var':
      return Object.entries(action.samples).map(([variable, sample]) => phrase(called('set-var', variable), sample));
    case 'set-var-fmt':
      return Object.entries(action.formats).map(([variable, format]) => phrase(called('set-var-fmt', variable), format));
    case 'unset-var':
      return action.names.map((variable) => phrase(called('unset-var', variable)));
    case 'capture':
      return [phrase('capture', action.sample, action.slot, action.number)];
    case 'set-map':
      return [phrase(called('set-map', patternsOf(action.map, maps).file), action.key, action.value)];
    case 'del-map':
      return [phrase(called('del-map', patternsOf(action.map, maps).file), action.key)];
    case 'add-acl':
    case 'del-acl':
      return [phrase(called(action.kind, patternsOf(action.list, lists).file), action.key)];
    case 'track-sc':
      return [phrase(`track-sc${action.index}`, action.sample, 'table', tableName(action.table))];
    case 'sc-inc-gpc':
      return [called('sc-inc-gpc', action.idx, action.scId)];
    case 'sc-add-gpc':
    case 'sc-set-gpt':
      return [phrase(called(action.kind, action.idx, action.scId), action.value)];
    case 'set-bc-tos':
    case 'set-dst':
    case 'set-dst-port':
    case 'set-fc-tos':
    case 'set-priority-class':
    case 'set-priority-offset':
    case 'set-src':
    case 'set-src-port':
      return [phrase(action.kind, action.sample)];
    case 'expect-proxy':
    case 'set-log-level':
    case 'set-nice':
    case 'strict-mode':
      return [phrase(action.kind, action.word)];
    case 'set-timeout':
      return [phrase('set-timeout', action.timeout, action.value)];
    case 'wait-for-body':
      return [phrase('wait-for-body', 'time', action.time, ...(action.atLeast === null ? [] : ['at-least', action.atLeast]))];
    case 'do-resolve': {
      const { variable, resolvers, family, sample } = action;
      return [phrase(called('do-resolve', variable, name(resolvers), ...(family === null ? [] : [family])), sample)];
    }
    case 'cache-store':
    case 'cache-use':
      return [phrase(action.kind, name(action.cache))];
    case 'lua':
      return [phrase(`lua.${action.action}`, ...action.args)];
    case 'use-service':
      return [phrase('use-service', action.service)];
    case 'send-spoe-group':
      return [phrase('send-spoe-group', name(action.engine), name(action.group))];
    case 'set-bandwidth-limit': {
      const { filter, limit, period } = action;
      const option = (key: string, value: string | null) => (value === null ? [] : [key, value]);
      return [phrase('set-bandwidth-limit', name(filter), ...option('limit', limit), ...option('period', period))];
    }
  }
}

/** Actions that change something each time: done for one alternative of a condition and again for another, they would be done twice. */
const cumulative: ReadonlySet<Action['kind']> = new Set([
  'add-header',
  'early-hint',
  'lua',
  'replace-header',
  'replace-path',
  'replace-pathq',
  'replace-uri',
  'replace-value',
  'sc-add-gpc',
  'sc-inc-gpc',
  'sc-set-gpt',
  'send-spoe-group',
  'set-dst',
  'set-dst-port',
  'set-header',
  'set-map',
  'set-method',
  'set-path',
  'set-pathq',
  'set-priority-class',
  'set-priority-offset',
  'set-query',
  'set-src',
  'set-src-port',
  'set-uri',
  'set-var',
  'set-var-fmt',
]);

/** Whether a rule with this action may be written as several lines with a condition each, of which more than one may hold. */
export function isRepeatable({ kind }: Action): boolean {
  return !cumulative.has(kind);
}
