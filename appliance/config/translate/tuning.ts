import type { LinkTuning } from '../../../tuning/link-tuning.ts';
import type { Document } from '../schema.ts';

/** What the document says of a link's NICs; what it leaves open is null, or not there. */
export function translateLinkTuning({ channels, ring, coalesce, features, ...cpus }: Document['tuning']['links'][string]): LinkTuning {
  const list = (word: 'irq-cpus' | 'rps-cpus') => (cpus[word] === undefined ? null : `${cpus[word]}`);
  return {
    channels: channels ?? null,
    ring: { rx: ring.rx ?? null, tx: ring.tx ?? null },
    coalesce: Object.fromEntries(Object.entries(coalesce).flatMap(([word, value]) => (value === undefined ? [] : [[word, value]]))),
    features,
    irqCpus: list('irq-cpus'),
    rpsCpus: list('rps-cpus'),
  };
}
