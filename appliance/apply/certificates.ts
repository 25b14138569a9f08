import { X509Certificate } from 'node:crypto';
import {
  abortCertificate,
  commitCertificate,
  isCommitted,
  isSet,
  parseCertificate,
  setCertificate,
  showCertificate,
} from '../../proxy/haproxy/certificate.ts';
import { toWorker } from '../../proxy/haproxy/runtime.ts';
import type { Host } from '../host/host.ts';
import { type Path, plain } from '../state/host-state.ts';
import { places } from './places.ts';

/** A worker with very many binds takes seconds to put a certificate into all of them. */
const commitMs = 30_000;

/**
 * Has HAProxy's worker take up certificate files as they are now, without a reload, and asks it what it serves. All are handed over before the first is
 * served, so that one that it does not take keeps the others out too. Answers with why not, or null.
 */
export async function takeUpCertificates(host: Host, paths: readonly Path[]): Promise<string | null> {
  const ask = async (command: string): Promise<string> => {
    const answer = await host.ask(places.haproxyMaster, toWorker(command), commitMs);
    return answer.kind === 'answer' ? answer.text : '';
  };
  const refused = async (path: Path, said: string) => {
    for (const each of paths) await ask(abortCertificate(each));
    return `HAProxy does not take ${path} while it serves (${said.trim().split('\n').join(' ') || 'no answer'})`;
  };
  const fingerprints = new Map<Path, string>();
  for (const path of paths) {
    const held = await host.read(path);
    const pem = held === null ? '' : plain(held.content);
    const command = setCertificate(path, pem);
    if (command === null) return refused(path, 'it is longer than a command may be');
    const said = await ask(command);
    if (!isSet(said)) return refused(path, said);
    fingerprints.set(path, fingerprintOf(pem));
  }
  for (const path of paths) {
    const said = await ask(commitCertificate(path));
    if (!isCommitted(said)) return refused(path, said);
  }
  for (const [path, fingerprint] of fingerprints) {
    const served = parseCertificate(await ask(showCertificate(path)));
    if (served?.fingerprint !== fingerprint) return `HAProxy serves another certificate than that of ${path} (${served?.serial ?? 'none'})`;
  }
  return null;
}

/** SHA-1 of the first certificate of a PEM, as HAProxy writes it; nothing that it could write where there is none. */
function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint.replaceAll(':', '');
  } catch {
    return '';
  }
}
