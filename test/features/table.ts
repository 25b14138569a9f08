import { agents } from './agents.ts';
import { answers } from './answers.ts';
import { balance } from './balance.ts';
import { checks } from './checks.ts';
import { dnsProofs } from './dns.ts';
import { failure } from './failure.ts';
import { towardsServers } from './hops.ts';
import { http3 } from './http3.ts';
import { huge } from './huge.ts';
import { keeping } from './keeping.ts';
import { listening } from './listening.ts';
import { logs } from './logs.ts';
import { matching } from './matching.ts';
import { nextWorker } from './next-worker.ts';
import { ocsp } from './ocsp.ts';
import { peersProofs } from './peers.ts';
import { persistence } from './persistence.ts';
import { programs } from './programs.ts';
import type { Proof } from './proof.ts';
import { protection } from './protection.ts';
import { rewriting } from './rewriting.ts';
import { routing } from './routing.ts';
import { rows } from './rows.ts';
import { running } from './running.ts';
import { serverProofs } from './servers.ts';
import { services } from './services.ts';
import { splicingProofs } from './splicing.ts';
import { negotiated, tls } from './tls.ts';
import { transparent } from './transparent.ts';
import { tunables } from './tunables.ts';

/** Every proof there is. */
export const proofs: readonly Proof[] = [
  ...routing,
  ...balance,
  ...persistence,
  ...checks,
  ...serverProofs,
  ...failure,
  ...dnsProofs,
  ...nextWorker,
  ...running,
  ...http3,
  ...listening,
  ...tunables,
  ...keeping,
  ...tls,
  ...negotiated,
  ...towardsServers,
  ...ocsp,
  ...logs,
  ...answers,
  ...rewriting,
  ...matching,
  ...protection,
  ...services,
  ...programs,
  ...splicingProofs,
  ...huge,
  ...agents,
  ...transparent,
  ...peersProofs,
];

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The table of features for proxy/README.md: a row each that the document has keys for and that is proved. */
export function featureTable(): string {
  const lines = rows.flatMap(({ id, since, feature }) => {
    const of = proofs.filter(({ row }) => row === id);
    if (of.length === 0) return [];
    const keys = [...new Set(of.flatMap(({ keys }) => keys))].map((key) => `\`${key}\``);
    return [`| ${feature} (\`${id}\`) | ${since} | ${cell(keys.join('<br>'))} | ${of.map(({ what }) => cell(what)).join('<br>')} |`];
  });
  return ['| feature | HAProxy | keys of the document | proved: weir |', '|---|---|---|---|', ...lines, ''].join('\n');
}
