import type { X509Certificate } from 'node:crypto';
import { endOf, expiryOf } from '../expiry.ts';
import { certificatesIn, isEncrypted, keysIn, readKey } from '../pem.ts';
import { type Problem, quote } from '../problem.ts';
import { type At, type Context, problem, warning } from './context.ts';

/** Checks the files of certificates and CAs, where they are at hand: readable PEM, the key belongs to the certificate, still valid. */
export function checkCertificates(context: Context): readonly Problem[] {
  const { document, files } = context;
  if (files === null) return [];
  const authorities = new Map<string, At>();
  const problems = Object.entries(document.certificates).flatMap(([name, { pem, ecdsa, sni, 'ca-file': ca }]) => {
    if (ca !== undefined && !authorities.has(ca)) authorities.set(ca, ['certificates', name, 'ca-file']);
    return [
      ...checkPem(pem, sni, ['certificates', name, 'pem'], context),
      ...(ecdsa === undefined ? [] : checkPem(ecdsa, sni, ['certificates', name, 'ecdsa'], context)),
    ];
  });
  for (const [name, backend] of Object.entries(document.backends)) {
    const own = Object.entries(backend.servers).map(
      ([server, input]) => [['servers', server], typeof input === 'string' ? undefined : input.ssl] as const,
    );
    for (const [at, ssl] of [[['default-server'], backend['default-server'].ssl] as const, ...own]) {
      const ca = typeof ssl === 'object' ? ssl['ca-file'] : undefined;
      if (ca !== undefined && !authorities.has(ca)) authorities.set(ca, ['backends', name, ...at, 'ssl', 'ca-file']);
    }
  }
  return [...problems, ...[...authorities].flatMap(([file, at]) => checkAuthority(file, at, context))];
}

function textOf(file: string, at: At, { files }: Context): string | Problem {
  const bytes = files?.certificates.get(file);
  // Both are an ASN.1 SEQUENCE with a long length (X.690, 8.1.3.5 and 8.9).
  if (bytes?.[0] === 0x30 && (bytes[1] ?? 0) > 0x80)
    return problem(
      at,
      `certificates/${file} is DER or PKCS#12, which HAProxy does not read`,
      'make PEM of it: openssl x509 -inform der -in FILE, or openssl pkcs12 -nodes -in FILE',
    );
  if (bytes !== undefined) return new TextDecoder().decode(bytes);
  const known = [...(files?.certificates.keys() ?? [])].sort();
  return problem(
    at,
    `the file certificates/${file} is missing`,
    known.length === 0 ? 'the folder certificates is empty' : `there is: ${known.slice(0, 20).join(', ')}`,
  );
}

function checkPem(file: string, sni: readonly string[], at: At, context: Context): readonly Problem[] {
  const text = textOf(file, at, context);
  if (typeof text !== 'string') return [text];
  const order = 'a file has the certificate, its chain and its key, as PEM, in this order';
  const chain = certificatesIn(text);
  const [leaf, issuer] = chain ?? [];
  if (leaf === undefined) return [problem(at, `certificates/${file} has no readable certificate`, order)];
  const keys = keysIn(text);
  const [key] = keys;
  if (key === undefined) return [problem(at, `certificates/${file} has no private key`, order)];
  if (keys.length > 1)
    return [problem(at, `certificates/${file} has ${keys.length} private keys`, 'keep the one of its first certificate')];
  if (isEncrypted(key))
    return [
      problem(
        at,
        `the private key of certificates/${file} is encrypted`,
        'nobody could type its passphrase at boot: openssl pkey removes it',
      ),
    ];
  const secret = readKey(key);
  if (secret === null) return [problem(at, `the private key of certificates/${file} is not readable`, order)];
  if (!leaf.checkPrivateKey(secret))
    return [
      problem(
        at,
        `the private key of certificates/${file} does not match its certificate`,
        'the first certificate must be the one of the key',
      ),
    ];
  const unnamed = sni.filter((name) => leaf.checkHost(name) === undefined);
  return [
    ...(issuer !== undefined && !leaf.checkIssued(issuer)
      ? [warning(at, `the chain of certificates/${file} is out of order: the second certificate did not sign the first`, order)]
      : []),
    ...(unnamed.length === 0
      ? []
      : [
          warning(
            at,
            `the certificate of certificates/${file} is not for ${unnamed.slice(0, 3).map(quote).join(', ')}`,
            'clients will refuse it under these names',
          ),
        ]),
    ...checkValidity(chain ?? [], file, at, context),
  ];
}

function checkValidity(chain: readonly X509Certificate[], file: string, at: At, { now }: Context): readonly Problem[] {
  const [end, from] = [endOf(file, chain), new Date(chain[0]?.validFrom ?? 0)];
  if (now === null || end === null) return [];
  const expiry = expiryOf(end, now);
  if (expiry !== null) return [warning(at, expiry.message, expiry.hint)];
  return now < from
    ? [warning(at, `the certificate of certificates/${file} is valid from ${from.toISOString().slice(0, 10)} only`, 'is the clock right?')]
    : [];
}

function checkAuthority(file: string, at: At, context: Context): readonly Problem[] {
  const text = textOf(file, at, context);
  if (typeof text !== 'string') return [text];
  const chain = certificatesIn(text);
  if (chain === null || chain.length === 0)
    return [problem(at, `certificates/${file} has no readable certificate of a CA`, 'a ca-file has one or more certificates as PEM')];
  return chain.some(({ ca }) => ca)
    ? []
    : [warning(at, `no certificate of certificates/${file} is that of a CA`, 'is this the file of a server?')];
}
