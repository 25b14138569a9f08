import type { Words } from './bind.ts';

/** HAProxies that tell each other of their stick tables (configuration manual, 3.5 "Peers"): this node is the one that has its name. */
export interface Peers {
  readonly name: string;
  readonly servers: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  /** The certificate that is shown and the CA of all others, by HAProxy's words; null: in the clear. */
  readonly tls: Words | null;
}
