import { isIP } from 'node:net';
import type { Host } from '../host/host.ts';
import { plain, secretFile, textFile } from '../state/host-state.ts';
import { confirmedConfig } from './draft.ts';
import type { Requests } from './request.ts';

/** Keys that wait for their certificates. Not among the files beside the document: they are part of no generation and do not travel to the peer. */
const folder = '/data/weir/requests';

/** A key that waits for its certificate. */
export interface Waiting {
  readonly name: string;
  readonly names: readonly string[];
  /** `EC P-256`, `RSA 3072`. */
  readonly key: string;
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
}

/** A request for a certificate, or why there is none. */
export type Requested =
  | { readonly kind: 'requested'; readonly csr: string; readonly waiting: Waiting }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'failed'; readonly reasons: readonly string[] };

/** Seconds that an RSA key of 4,096 bits may take on a machine whose CPUs serve traffic. */
const keyTimeoutMs = 180_000;

/**
 * Makes a key on this machine and the request for its certificate (PKCS#10, RFC 2986), by openssl. The key stays here; a request that waits already is
 * told again when nothing new is asked for.
 */
export async function requestCertificate(host: Host, asked: Requests['certRequest']): Promise<Requested> {
  const { name, rsa, subject, replace, by } = asked;
  const before = await waitingFor(host, name);
  if (before !== null && !replace) {
    if (asked.names.length > 0 || subject !== null || rsa !== null)
      return refused(`a request for "${name}" waits since ${before.since}: install its answer, or make another one with --replace`);
    const csr = await host.read(`${folder}/${name}.csr`);
    if (csr !== null) return { kind: 'requested', csr: plain(csr.content), waiting: before };
  }
  const names = asked.names.length > 0 ? asked.names : await namesInDocument(host, name);
  if (names.length === 0) return refused(`which names shall the certificate be for? The document gives "${name}" none: say --san`);
  const wrong = names.filter((one) => !isHostName(one) && isIP(one) === 0);
  if (wrong.length > 0)
    return refused(`"${wrong.join('", "')}" cannot be in a certificate: names are as shop.example or *.shop.example, or addresses`);
  const fields = subjectFields(subject, names);
  if (fields === null) return refused(`"${subject}" is no subject: say for example --subject "C=FR,O=Example,CN=shop.example"`);

  const kind = rsa === null ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['RSA', '-pkeyopt', `rsa_keygen_bits:${rsa}`];
  const key = await host.run('openssl', ['genpkey', '-quiet', '-algorithm', ...kind], { timeoutMs: keyTimeoutMs });
  if (key.exitCode !== 0) return failed('openssl makes no key', key.stderr);
  const fresh = `${folder}/${name}.key.new`;
  await host.write(fresh, secretFile(key.stdout));
  const extension = `subjectAltName=${names.map((one) => `${isIP(one) === 0 ? 'DNS' : 'IP'}:${one}`).join(',')}`;
  const csr = await host.run('openssl', ['req', '-new', '-utf8', '-sha256', '-key', fresh, '-subj', fields, '-addext', extension]);
  if (csr.exitCode !== 0) {
    await host.remove(fresh);
    return failed('openssl makes no request', csr.stderr);
  }
  const waiting: Waiting = { name, names, key: rsa === null ? 'EC P-256' : `RSA ${rsa}`, by, since: new Date(host.now()).toISOString() };
  await host.move(fresh, `${folder}/${name}.key`);
  await host.write(`${folder}/${name}.csr`, textFile(csr.stdout));
  await host.write(`${folder}/${name}.json`, textFile(`${JSON.stringify(waiting)}\n`));
  return { kind: 'requested', csr: csr.stdout, waiting };
}

/** The requests that wait, by name. */
export async function readWaiting(host: Host): Promise<readonly Waiting[]> {
  const names = ((await host.list(folder)) ?? []).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  const found = await Promise.all(names.map((name) => waitingFor(host, name)));
  return found.filter((waiting) => waiting !== null);
}

/** The key that waits under a name, PEM; null when none does. */
export async function waitingKey(host: Host, name: string): Promise<string | null> {
  const held = await host.read(`${folder}/${name}.key`);
  return held === null ? null : plain(held.content);
}

/** Forgets a request: its certificate is there, or nobody wants it any more. */
export async function forgetRequest(host: Host, name: string): Promise<void> {
  for (const ending of ['json', 'csr', 'key']) await host.write(`${folder}/${name}.${ending}`, null);
}

async function waitingFor(host: Host, name: string): Promise<Waiting | null> {
  const held = await host.read(`${folder}/${name}.json`);
  return held === null ? null : (JSON.parse(plain(held.content)) as Waiting);
}

/** The names that the confirmed document gives to a certificate. */
async function namesInDocument(host: Host, name: string): Promise<readonly string[]> {
  const confirmed = await confirmedConfig(host);
  return confirmed?.config.proxy.certificates.find((one) => one.name === name)?.sni ?? [];
}

/** A host name of a certificate (RFC 6125, 6.4): labels of letters, digits and "-", the first one may be `*`. */
function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name) &&
    !/^[\d.]+$/.test(name)
  );
}

/** The longest common name (RFC 5280, appendix A.1, ub-common-name). */
const longestCommonName = 64;

/** A subject as openssl takes it (`/C=FR/O=Example`), with the first name as its common name where that has room; null when it is none. */
function subjectFields(subject: string | null, names: readonly string[]): string | null {
  const fields = (subject ?? '').split(/,(?=\s*[A-Za-z]+=)/).filter((field) => field.trim() !== '');
  const pairs = fields.map((field) => /^\s*(C|ST|L|O|OU|CN)\s*=\s*(\S.*?)\s*$/i.exec(field));
  if (pairs.some((pair) => pair === null)) return null;
  const known = pairs.map((pair) => [pair?.[1]?.toUpperCase() as string, pair?.[2] as string] as const);
  if (known.some(([field, value]) => field === 'C' && !/^[A-Za-z]{2}$/.test(value))) return null;
  const [first = ''] = names;
  const isNamed = known.some(([field]) => field === 'CN') || first.length > longestCommonName;
  const all = isNamed ? known : [...known, ['CN', first] as const];
  return all.length === 0 ? '/' : all.map(([field, value]) => `/${field}=${value.replace(/[\\/+]/g, '\\$&')}`).join('');
}

function refused(reason: string): Requested {
  return { kind: 'refused', reasons: [reason] };
}

function failed(what: string, stderr: string): Requested {
  return { kind: 'failed', reasons: [`${what}: ${stderr.trim().split('\n').slice(-2).join(' ')}`] };
}
