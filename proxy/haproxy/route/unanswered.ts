import type { Rule, Ruleset } from '../../model/action.ts';
import type { Backend, Condition, DataPlane, Frontend } from '../../model.ts';
import { alternatives } from '../condition.ts';
import type { Place } from '../line.ts';
import { fetchOf } from '../sample.ts';
import type { ChosenBind } from './chosen-bind.ts';
import type { PrivateConfig } from './private-config.ts';
import type { Question } from './question.ts';
import type { Routed } from './reading.ts';

/** Something that the answer leaves open, and the part of the document that asks for it. */
export interface Unanswered {
  readonly at: Place;
  readonly text: string;
}

/** Samples whose values are others where it is served, by their words (configuration manual, 7.3), and what they were here. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:sc_\w+|sc\d_\w+|src_(?:bytes|clr|conn|get|gpc|http|inc|kbytes|sess|updt)\w*|table_\w+|in_table)\b/,
    'stick tables are empty here, and nothing has been counted',
  ],
  [/\b(?:nbsrv|connslots|queue|avg_queue|stopping|(?:srv|be|fe)_\w+)\b/, 'every server is up here and has nothing else to do'],
  [/\b(?:date|date_us|hostname|rand|uuid|utime|ltime)\b/, 'time and chance were those of this moment'],
  [/\b(?:ssl_c_\w+|ssl_fc_has_crt)\b/, 'it was asked without a client certificate'],
  [
    /\b(?:req\.ver|req_ver|fc_http_major|quic_enabled|ssl_fc_(?:alpn|cipher|protocol|is_resumed|has_early|curve|eclist|sigalgs|ciphers?list)\w*)\b/,
    "it was asked over HTTP/1.1, and with this machine's own TLS",
  ],
  [/\b(?:req\.body\w*|wait-for-body)\b/, 'it was asked without a body'],
  [/\b(?:fc_rtt\w*|bc_rtt\w*|fc_lost|fc_reordering|fc_pp_\w+|so_id|dst_conn)\b/, 'there is no network between client and HAProxy here'],
];

/** Actions that do something else here, or something that nobody sees. */
const acts: Readonly<Record<string, string>> = {
  'do-resolve': 'no name is looked up: its variable stays empty',
  'cache-use': 'the cache is empty here',
  'send-spoe-group': 'no agent is asked: what it would set stays unset',
  lua: 'the script ran here, cut off from the network',
  tarpit: 'the client waits first (timeout tarpit)',
  'wait-for-body': 'it was asked without a body',
};

const isResponse = (ruleset: string): boolean => /response/.test(ruleset);

function wordsOf(condition: Condition | null, plane: DataPlane): readonly string[] {
  return alternatives(condition, plane).flatMap((terms) => terms.flatMap(({ atom }) => atom.expressions.map(([sample = '']) => sample)));
}

/** What a rule asks that has another answer where it is served. */
function ofRule(at: Place, { action, condition }: Rule, plane: DataPlane, isHeld: boolean): readonly Unanswered[] {
  // formats and samples of actions, and words of conditions
  const text = [...wordsOf(condition, plane), isHeld ? JSON.stringify(action) : ''].join(' ');
  const acted = isHeld ? acts[action.kind] : undefined;
  return [
    ...elsewhere.flatMap(([words, what]) => (words.test(text) ? [{ at, text: what }] : [])),
    ...(acted === undefined ? [] : [{ at, text: acted }]),
  ];
}

function ofRules(at: Place, { rules }: Frontend | Backend, plane: DataPlane, { steps, forwarded }: Routed): readonly Unanswered[] {
  const looked = new Map(steps.map((step) => [JSON.stringify(step.at), step.held]));
  const lists = Object.entries(rules) as [Ruleset, readonly Rule[]][];
  const seen = lists.flatMap(([ruleset, list]) =>
    list.flatMap((rule, index) => {
      const place = [...at, ruleset, index];
      const held = looked.get(JSON.stringify(place));
      return held === undefined ? [] : ofRule(place, rule, plane, held);
    }),
  );
  const answers = lists.filter(([ruleset, list]) => forwarded !== null && isResponse(ruleset) && list.length > 0);
  return [...seen, ...answers.map(([ruleset]) => ({ at: [...at, ruleset], text: 'these rules saw an empty answer with the status 200' }))];
}

function ofBind({ frontend, index, bind, ends }: ChosenBind, question: Question): readonly Unanswered[] {
  const at = ['frontends', frontend.name, 'bind', index];
  const { ssl } = bind;
  const connection = (frontend.rules['tcp-request connection'] ?? []).some(({ condition }) => JSON.stringify(condition).includes('src'));
  return [
    ...(ssl?.options.verify === undefined ? [] : [{ at, text: 'it was asked without a client certificate, which this bind asks for' }]),
    ...(ssl?.quic === true ? [{ at, text: 'HTTP/3 was not asked' }] : []),
    ...(bind.acceptProxy !== false && connection && ends !== null
      ? [{ at, text: 'rules on connections see the address of the proxy before this bind; here they saw that of the client' }]
      : []),
    ...(question.kind === 'tcp' ? [{ at, text: 'the client said nothing' }] : []),
  ];
}

function ofBackend(backend: Backend): readonly Unanswered[] {
  const { name, check, servers, stick, fcgiApp } = backend;
  const at = ['backends', name];
  const isSaid = (condition: boolean, where: string, text: string) => (condition ? [{ at: [...at, where], text }] : []);
  return [
    ...isSaid(check !== null && servers.some((server) => server.check), 'check', 'servers were not tested: every one counts as up'),
    ...isSaid(stick.length > 0, 'stick', 'stick tables are empty here: no client has its server yet'),
    ...isSaid(fcgiApp !== null, 'use-fcgi-app', 'the FastCGI application was not run'),
    ...isSaid(
      servers.some(({ port, resolvers }) => port === 0 || resolvers !== null),
      'servers',
      'names were not looked up: every server counts as found',
    ),
  ];
}

/** What the answer leaves open, of those parts of the document only that the question came by. */
export function unansweredBy(
  plane: DataPlane,
  chosen: ChosenBind,
  question: Question,
  { leftOut }: Pick<PrivateConfig, 'leftOut'>,
  routed: Routed,
): readonly Unanswered[] {
  const { frontend } = chosen;
  const looked = new Set(routed.steps.map(({ at }) => JSON.stringify(at)));
  const isLooked = (at: Place) => looked.has(JSON.stringify(at));
  const at = ['frontends', frontend.name];
  const backend = plane.backends.find(({ name }) => name === routed.backend) ?? null;
  const route = frontend.useBackend.flatMap(({ condition, backend: chosenRoute }, index) => {
    const place = [...at, 'use_backend', index];
    const text = [...wordsOf(condition, plane), typeof chosenRoute === 'string' ? '' : fetchOf(chosenRoute.sample)].join(' ');
    return isLooked(place) ? elsewhere.flatMap(([words, what]) => (words.test(text) ? [{ at: place, text: what }] : [])) : [];
  });
  const sections: readonly string[] = ['global', 'defaults', frontend.name, ...(backend === null ? [] : [backend.name])];
  const told = [
    ...ofBind(chosen, question),
    ...ofRules(at, frontend, plane, routed),
    ...route,
    ...[frontend, ...(backend === null ? [] : [backend])].flatMap(({ spoe, name }) =>
      spoe.length === 0
        ? []
        : [
            {
              at: [name === frontend.name ? 'frontends' : 'backends', name, 'filter spoe'],
              text: 'no agent is asked: what it would set stays unset',
            },
          ],
    ),
    ...(frontend.answers.maintenance === null ? [] : [{ at: [...at, 'maintenance'], text: 'time and chance were those of this moment' }]),
    ...(backend === null ? [] : [...ofRules(['backends', backend.name], backend, plane, routed), ...ofBackend(backend)]),
    ...leftOut
      .filter(([section, name]) => sections.includes(String(section === 'global' || section === 'defaults' ? section : name)))
      .map((place) => ({ at: place, text: 'this raw line was left out: weir does not know whether it would reach others' })),
    ...(routed.isCut ? [{ at, text: 'more rules held than HAProxy could note: some that held are told as if they had not' }] : []),
  ];
  // the same of several rules is said once, of the first; raw lines are each their own
  const once = new Map<string, Unanswered>();
  for (const each of told) {
    const key = each.at.includes('extra') ? JSON.stringify(each.at) : each.text;
    if (!once.has(key)) once.set(key, each);
  }
  return [...once.values()];
}
