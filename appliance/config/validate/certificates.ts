import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Problem, quote } from '../problem.ts';
import { type At, type Context, problem, warning } from './context.ts';

/** How long before its end a certificate is worth a warning. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

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
  const keys = blocks(text, /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )*PRIVATE KEY-----/g);
  const [key] = keys;
  if (key === undefined) return [problem(at, `certificates/${file} has no private key`, order)];
  if (keys.length > 1)
    return [problem(at, `certificates/${file} has ${keys.length} private keys`, 'keep the one of its first certificate')];
  if (key.includes('ENCRYPTED'))
    return [
      problem(
        at,
        `the private key of certificates/${file} is encrypted`,
        'nobody could type its passphrase at boot: openssl pkey removes it',
      ),
    ];
  const secret = privateKey(key);
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
    ...checkValidity(leaf, file, at, context),
  ];
}

function checkValidity(certificate: X509Certificate, file: string, at: At, { now }: Context): readonly Problem[] {
  if (now === null) return [];
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (now > to) return [warning(at, `the certificate of certificates/${file} expired on ${day(to)}`, 'clients refuse it: renew it')];
  if (now < from) return [warning(at, `the certificate of certificates/${file} is valid from ${day(from)} only`, 'is the clock right?')];
  return to.getTime() - now.getTime() < SOON_DAYS * DAY_MS
    ? [warning(at, `the certificate of certificates/${file} expires on ${day(to)}`, 'renew it')]
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

/** The certificates of a PEM text in order; null when one cannot be read. */
function certificatesIn(text: string): readonly X509Certificate[] | null {
  try {
    return blocks(text, /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g).map(
      (block) => new X509Certificate(block),
    );
  } catch {
    return null;
  }
}

function privateKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

function blocks(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? [];
}
