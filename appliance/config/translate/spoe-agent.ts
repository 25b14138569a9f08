import type { SpoeAgent, SpoeMessage } from '../../../proxy/model/spoe-agent.ts';
import type { Document } from '../schema.ts';
import { translateConditions } from './condition.ts';
import { present } from './frontend.ts';
import { translateTarget } from './logging.ts';
import { wordsOf } from './words.ts';

type Input = Document['spoe-agents'][string];

/** HAProxy's words of an agent that mean the same here. */
const WORDS = ['max-frame-size', 'max-waiting-frames', 'maxconnrate', 'maxerrrate'] as const;

/** An agent in long form. */
export function translateSpoeAgent(name: string, input: Input): SpoeAgent {
  return {
    name,
    backend: input['use-backend'],
    messages: Object.entries(input.messages).map(([message, said]) => translateMessage(message, said)),
    groups: input.groups,
    timeouts: input.timeout,
    settings: wordsOf(input, WORDS),
    // HAProxy has no `no` before most of them, and takes dontlog-normal for false unless told
    options: present({ ...input.option, 'dontlog-normal': input.option['dontlog-normal'] || undefined }),
    variables: input['register-var-names'],
    targets: input.log.map(translateTarget),
  };
}

function translateMessage(name: string, { args, event, ...rest }: Input['messages'][string]): SpoeMessage {
  const named = Array.isArray(args)
    ? args.map((sample) => ({ name: null, sample }))
    : Object.entries(args).map(([arg, sample]) => ({ name: arg, sample }));
  return { name, args: named, event: event ?? null, condition: translateConditions(rest) };
}
