import { z } from 'zod';
import { suggestion } from '../nearest.ts';
import { quote } from '../problem.ts';
import { conditions } from './condition.ts';
import { target } from './logging.ts';
import { advise, duration, integer, name, reference, text } from './scalar.ts';
import { sample } from './verb.ts';

/** When a message is sent (SPOE.txt, 3.3 "Events & Messages"). */
export const SPOE_EVENTS = [
  'on-client-session',
  'on-frontend-tcp-request',
  'on-backend-tcp-request',
  'on-frontend-http-request',
  'on-backend-http-request',
  'on-server-session',
  'on-tcp-response',
  'on-http-response',
] as const;

/** The moment at which a message is sent. */
export type SpoeEvent = (typeof SPOE_EVENTS)[number];

/** HAProxy sends the number of arguments of a message in one byte. */
const MOST_ARGS = 255;
const tooMany = `a message has at most ${MOST_ARGS} arguments`;

const variable = () => text('a variable', /^[A-Za-z0-9_.]{1,64}$/, 'its name without the scope: letters, digits, "_" and ".", at most 64');

const message = z
  .strictObject({
    args: z
      .union([
        z.array(sample()).max(MOST_ARGS, tooMany),
        z
          .record(text('the name of an argument', /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), sample())
          .refine((args) => Object.keys(args).length <= MOST_ARGS, tooMany),
      ])
      .default({})
      .describe('What it says: samples by the names that the agent knows them by, or a list of them.'),
    event: z.enum(SPOE_EVENTS).optional().describe('When it is sent; a message of a group needs none: a rule send-spoe-group sends it.'),
    ...conditions,
  })
  .check((context) => {
    const { event, if: needed, unless } = context.value;
    if (event !== undefined || (needed === undefined && unless === undefined)) return;
    const path = [needed === undefined ? 'unless' : 'if'];
    const message = advise(`${path[0]} needs an event`, 'a message of a group is sent by a rule: write the condition there');
    context.issues.push({ code: 'custom', message, path, input: context.value });
  });

const said = (what: string) => variable().optional().describe(what);
const flag = (what: string) => z.boolean().optional().describe(what);
const only = (what: string) =>
  z
    .literal(true, { error: () => 'expected true' })
    .optional()
    .describe(what);

const options = z
  .strictObject({
    'var-prefix': text('a prefix', /^[A-Za-z0-9_.]{1,64}$/, 'letters, digits, "_" and ".", at most 64')
      .optional()
      .describe('What stands before the names of its variables, var(txn.PREFIX.score); the name of the agent unless given.'),
    'set-on-error': said('The variable that says why the agent could not be asked, such as error for var(txn.PREFIX.error).'),
    'set-process-time': said('The variable that says how many milliseconds the last answer took.'),
    'set-total-time': said('The variable that says how many milliseconds all answers took.'),
    'continue-on-error': only('After an error the agent is asked again at the next event of the same request.'),
    'force-set-var': only('The agent may set any variable, in any number: it must be trusted as this document is.'),
    async: flag('An answer may come by another connection than its question; true unless given.'),
    pipelining: flag('Further questions are sent before the first is answered; true unless given.'),
    'send-frag-payload': flag('Long messages are sent in pieces; true unless given.'),
    'dontlog-normal': z.boolean().default(true).describe('Only errors are logged.'),
  })
  .prefault({})
  .describe("HAProxy's options of an agent.");

/** Agents that process streams beside HAProxy, by name (SPOE.txt, 2). */
export const spoeAgents = z
  .record(
    name(),
    z
      .strictObject({
        'use-backend': reference('backends').describe('The backend whose servers are the agent; its mode is tcp.'),
        messages: z
          .record(name(), message)
          .refine((messages) => Object.keys(messages).length > 0, 'an agent needs a message')
          .describe('What it is told, by the names that it knows.'),
        groups: z
          .record(name(), z.array(name()).min(1, 'name a message'))
          .default({})
          .describe('Messages that a rule send-spoe-group sends together, by name.'),
        timeout: z
          .strictObject({
            hello: duration().default('2s').describe('How long the agent may take to greet on a new connection.'),
            idle: duration().default('2m').describe('How long a connection may wait for the next question.'),
            processing: duration().default('500ms').describe('How long a request waits for the answer; then it goes on without.'),
          })
          .prefault({})
          .describe('Timeouts towards the agent.'),
        'max-frame-size': integer(256, 16_777_216).optional().describe('Bytes of a frame at most; what fits into a buffer unless given.'),
        'max-waiting-frames': integer(1, 1_000_000)
          .optional()
          .describe('Questions on a connection that wait for an answer; 20 unless given.'),
        maxconnrate: integer(1, 10_000_000).optional().describe('New connections to the agent in a second at most.'),
        maxerrrate: integer(1, 10_000_000).optional().describe('Errors in a second after which it is not asked for the rest of it.'),
        option: options,
        'register-var-names': z
          .array(variable())
          .default([])
          .describe('Variables that it may set although nothing in this document asks for them, such as those that scripts read.'),
        log: z.array(target).default([]).describe("Where its log goes besides the machine's own."),
      })
      .check((context) => {
        const { messages, groups } = context.value;
        const add = (message: string, path: (string | number)[]) =>
          context.issues.push({ code: 'custom', message, path, input: context.value });
        const owners = new Map<string, string>();
        for (const [group, names] of Object.entries(groups)) {
          for (const [index, sent] of names.entries()) {
            const path = ['groups', group, index];
            const owner = owners.get(sent);
            if (!Object.hasOwn(messages, sent))
              add(advise(`message ${quote(sent)} is not defined in this agent`, suggestion(sent, Object.keys(messages))), path);
            else if (owner !== undefined) add(`message ${quote(sent)} is in group ${quote(owner)} already: a message has one group`, path);
            else owners.set(sent, group);
          }
        }
        for (const [sent, { event }] of Object.entries(messages)) {
          if (event !== undefined || owners.has(sent)) continue;
          add(advise('this message is never sent', `give it an event, such as ${SPOE_EVENTS[3]}, or put it into a group`), [
            'messages',
            sent,
          ]);
        }
      }),
  )
  .default({})
  .describe('Agents that process streams beside HAProxy (SPOE), by name, for filter spoe.');

/** The agents of a frontend or backend. */
export const spoeFilter = {
  'filter spoe': z
    .array(reference('spoe-agents'))
    .refine((agents) => new Set(agents).size === agents.length, 'an agent is asked once')
    .default([])
    .describe('Agents that are told of its traffic, in this order.'),
};
