import type { X509Certificate } from 'node:crypto';
import type { DataPlane } from '../../proxy/model.ts';
import type { Report } from '../apply/outcome.ts';
import { type Bundle, bundleOf } from '../config/bundle.ts';
import { certificatesIn, keyFit } from '../config/pem.ts';
import type { Host } from '../host/host.ts';
import { bytesOf, privateFile } from '../state/host-state.ts';
import { namedFiles } from '../state/named-files.ts';
import { forgetRequest, waitingKey } from './certificate-requests.ts';
import type { Changes, Ended } from './changes.ts';
import { confirmedConfig, home } from './draft.ts';
import { readFilesBeside } from './files-beside.ts';
import type { Requests } from './request.ts';

/** A certificate that no document names yet: it is beside the document now, and waits for one that does. */
export interface Stored {
  readonly kind: 'stored';
  readonly file: string;
  /** What to write into the document. */
  readonly line: string;
  readonly notes: readonly string[];
}

/** The CAs that clients of any system know, from Debian's ca-certificates. */
const systemRoots = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Puts a certificate in the place of the one of this name: the file beside the document, as a change like any other. Its key comes with it, or waits since
 * its request. One that the confirmed document does not name is kept beside it.
 */
export async function installCertificate(
  host: Host,
  changes: Changes,
  asked: Requests['certInstall'],
  report: Report,
): Promise<Ended | Stored> {
  const { name, pem } = asked;
  const roots = await readRoots(host);
  const waiting = await waitingKey(host, name);
  const bundle = bundleOf({ text: pem, waiting, roots, now: new Date(host.now()) });
  if (bundle.kind === 'unusable') return refused(`${bundle.reason}; ${bundle.hint}`);
  const confirmed = await confirmedConfig(host);
  const plane = confirmed?.config.proxy ?? null;
  const file = fileFor(plane, name, bundle.leaf.publicKey.asymmetricKeyType ?? '');
  if (file === null) {
    const own = `${name}.pem`;
    if (plane !== null && namedFiles(plane, null).missing.includes(`/run/weir/certificates/${own}`))
      return refused(`the document has no certificate "${name}", and names certificates/${own} for something else: give it another name`);
    await host.write(`${home}/certificates/${own}`, privateFile(bytesOf(Buffer.from(bundle.pem))));
    if (isFor(bundle, waiting)) await forgetRequest(host, name);
    return { kind: 'stored', file: own, line: `certificates: { ${name}: { pem: ${own} } }`, notes: bundle.notes };
  }
  const ended = await changes.applyCertificates(new Map([[file, Buffer.from(bundle.pem)]]), asked, report);
  if (ended.outcome.kind !== 'confirmed') return ended;
  if (isFor(bundle, waiting)) await forgetRequest(host, name);
  return { ...ended, outcome: { ...ended.outcome, warnings: [...bundle.notes, ...ended.outcome.warnings] } };
}

/** Whether a certificate is the answer to the request that waits: one that came with a key of its own leaves that waiting. */
function isFor({ leaf }: Bundle, waiting: string | null): boolean {
  return waiting !== null && keyFit(waiting, leaf) === 'fits';
}

/** Takes up certificate files that somebody replaced in /data/weir/certificates: those of one certificate, or of all that the document names. */
export async function reloadCertificates(host: Host, changes: Changes, asked: Requests['certReload'], report: Report): Promise<Ended> {
  const confirmed = await confirmedConfig(host);
  if (confirmed === null) return refused('no document is confirmed yet: weir apply FILE applies the first one');
  const { certificates } = confirmed.config.proxy;
  const meant = asked.name === null ? certificates : certificates.filter(({ name }) => name === asked.name);
  if (asked.name !== null && meant.length === 0)
    return refused(`the confirmed document has no certificate "${asked.name}": weir cert list tells them`);
  const beside = (await readFilesBeside(host, home)).certificates;
  const files = new Map<string, Uint8Array>();
  for (const path of meant.flatMap(({ pems }) => pems)) {
    const file = path.slice(path.lastIndexOf('/') + 1);
    const bytes = beside.get(file);
    if (bytes === undefined) return refused(`${home}/certificates/${file} is missing`);
    files.set(file, bytes);
  }
  return changes.applyCertificates(files, asked, report);
}

/** The file of a certificate that one of this kind of key goes to: its `ecdsa` where it has one beside its `pem`. Null: the document has none of this name. */
function fileFor(plane: DataPlane | null, name: string, kind: string): string | null {
  const [pem, ecdsa] = plane?.certificates.find((one) => one.name === name)?.pems ?? [];
  const path = kind === 'ec' ? (ecdsa ?? pem) : pem;
  return path === undefined ? null : path.slice(path.lastIndexOf('/') + 1);
}

async function readRoots(host: Host): Promise<readonly X509Certificate[]> {
  const bytes = await host.readBytes(systemRoots, 4 * 2 ** 20).catch(() => null);
  return bytes === null ? [] : (certificatesIn(new TextDecoder().decode(bytes)) ?? []);
}

function refused(reason: string): Ended {
  return { outcome: { kind: 'refused', reasons: [reason], problems: [] }, problems: [] };
}
