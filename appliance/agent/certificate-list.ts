import type { Bind } from '../../proxy/model.ts';
import { type CertificateFacts, factsOf } from '../config/certificate.ts';
import { endOf, expiryOf } from '../config/expiry.ts';
import { certificatesIn } from '../config/pem.ts';
import type { Host } from '../host/host.ts';
import { largestText } from '../state/host-state.ts';
import { readWaiting, type Waiting } from './certificate-requests.ts';
import { confirmedConfig } from './draft.ts';

/** A certificate of the confirmed document as the machine serves it: one for each of its files. */
export interface Listed extends CertificateFacts {
  /** Its name in the document. */
  readonly name: string;
  /** Its file in `certificates/`. */
  readonly file: string;
  /** Whole days until it, or an intermediate of its file, ends; below 0: since. */
  readonly days: number;
  /** How soon that is; null: in more than 30 days. */
  readonly level: 'soon' | 'near' | 'urgent' | 'expired' | null;
  /** Where it is offered: the frontend and the bind's addresses or path. */
  readonly binds: readonly string[];
}

/** What `GET /certificates` answers. */
export interface CertificateList {
  /** Those of the confirmed document, in its order. */
  readonly certificates: readonly Listed[];
  /** Files of it that could not be read. */
  readonly unreadable: readonly string[];
  /** Keys that were made here and wait for their certificates. */
  readonly waiting: readonly Waiting[];
}

/** The certificates of this machine. */
export async function listCertificates(host: Host): Promise<CertificateList> {
  const waiting = await readWaiting(host);
  const confirmed = await confirmedConfig(host);
  if (confirmed === null) return { certificates: [], unreadable: [], waiting };
  const { certificates, frontends } = confirmed.config.proxy;
  const now = new Date(host.now());
  const listed: Listed[] = [];
  const unreadable: string[] = [];
  const binds = new Map<string, string[]>();
  for (const { name, binds: all } of frontends) {
    for (const bind of all)
      for (const each of bind.ssl?.certificates ?? []) binds.set(each, [...(binds.get(each) ?? []), `${name} ${placeOf(bind)}`]);
  }
  for (const { name, pems } of certificates) {
    for (const path of pems) {
      const file = path.slice(path.lastIndexOf('/') + 1);
      const bytes = await host.readBytes(path, largestText).catch(() => null);
      const chain = bytes === null ? null : certificatesIn(new TextDecoder().decode(bytes));
      const [leaf] = chain ?? [];
      const end = endOf(file, chain ?? []);
      if (leaf === undefined || end === null) {
        unreadable.push(file);
        continue;
      }
      const days = Math.floor((end.at - now.getTime()) / 86_400_000);
      listed.push({ name, file, ...factsOf(leaf), days, level: expiryOf(end, now)?.level ?? null, binds: binds.get(name) ?? [] });
    }
  }
  return { certificates: listed, unreadable, waiting };
}

function placeOf(bind: Bind): string {
  if (bind.kind === 'unix') return bind.path;
  if (bind.kind === 'abns') return `abns@${bind.name}`;
  return bind.addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${bind.port}`).join(' ');
}
