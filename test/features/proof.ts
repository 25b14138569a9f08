import type { Files } from '../../appliance/config/config.ts';
import type { Haproxy } from '../support/haproxy.ts';
import type { Peer } from '../support/haproxy-peer.ts';
import type { Networks } from '../support/netns.ts';

/** Where a proof sends its traffic: clients and servers outside, HAProxy between them as the document has it. */
export interface Stage {
  readonly networks: Networks;
  readonly peer: Peer;
  readonly haproxy: Haproxy;
}

/**
 * That a feature works, on real traffic through the image's own HAProxy, and by the words that it was rendered as: without them `prove` fails. The
 * document lacks `version` and `nodes`, which all have in common; outside are HTTP servers app1, app2, app3 on port 8080 (test/support/netns.ts).
 */
export interface Proof {
  /** The row that it is about. */
  readonly row: string;
  /** What is proved, as a sentence without a subject: "sends a client to the same server by a cookie". */
  readonly what: string;
  /** The keys of the document that do it, as paths: `frontends.*.http-request.*.deny`; `*` is any name or index, and a key with a point in it stands in quotes. */
  readonly keys: readonly string[];
  readonly document: string;
  /** Files beside the document. */
  readonly files?: Partial<Files>;
  /** The words in haproxy.cfg, a crt-list or an agent's file that do it, in one or more lines; taken out, all of their matches, the proof must fail. */
  readonly directive: RegExp;
  /** The kernel of HAProxy's network does what the document makes of the firewall and of loopback; nothing of it unless said. */
  readonly withKernel?: true;
  /** Before HAProxy starts: further servers, routes. What it answers takes them away. */
  readonly prepare?: (stage: Omit<Stage, 'haproxy'>) => Promise<void | (() => Promise<void>)>;
  /** Sends traffic and expects. */
  readonly prove: (stage: Stage) => Promise<void>;
}
