import type { X509Certificate } from 'node:crypto';
import { keyText } from '../certificate.ts';
import { endOf, expiryOf } from '../expiry.ts';
import { certificatesIn, isEncrypted, keyFit, keysIn } from '../pem.ts';
import { type Problem, quote } from '../problem.ts';
import { type At, type Context, problem, warning } from './context.ts';

/** Checks the files of certificates, where they are at hand: readable PEM, the key belongs to the certificate, still valid. */
export function checkCertificates(context: Context): readonly Problem[] {
  const { document, files } = context;
  if (files === null) return [];
  return Object.entries(document.certificates).flatMap(([name, { pem, ecdsa, sni, ocsp }]) => {
    const at = ['certificates', name];
    const names = sni.filter((each) => !each.startsWith('!'));
    return [
      ...checkPem(pem, names, [...at, 'pem'], context),
      ...(ecdsa === undefined ? [] : [...checkPem(ecdsa, names, [...at, 'ecdsa'], context), ...checkKinds(pem, ecdsa, at, context)]),
      ...(ocsp === undefined ? [] : checkResponder([pem, ...(ecdsa === undefined ? [] : [ecdsa])], [...at, 'ocsp'], context)),
    ];
  });
}

/** The first certificate of a file; null where there is none to be read. */
function leafOf(file: string, { files }: Context): X509Certificate | null {
  const bytes = files?.certificates.get(file);
  return bytes === undefined ? null : (certificatesIn(new TextDecoder().decode(bytes))?.[0] ?? null);
}

/** Clients choose between two certificates by the kind of their keys. */
function checkKinds(pem: string, ecdsa: string, at: At, context: Context): readonly Problem[] {
  const [first, second] = [leafOf(pem, context), leafOf(ecdsa, context)];
  if (first === null || second === null) return [];
  if (second.publicKey.asymmetricKeyType !== 'ec')
    return [
      problem(
        [...at, 'ecdsa'],
        `the key of certificates/${ecdsa} is ${keyText(second.publicKey)}, not ECDSA`,
        'an RSA certificate goes into pem:',
      ),
    ];
  return first.publicKey.asymmetricKeyType === 'ec'
    ? [
        warning(
          [...at, 'ecdsa'],
          `the key of certificates/${pem} is ECDSA too`,
          'one of both files is enough, or pem: should be the RSA one',
        ),
      ]
    : [];
}

/** What a CA says of a certificate is fetched where the certificate says, and checked with the CA's own behind it. */
function checkResponder(files: readonly string[], at: At, context: Context): readonly Problem[] {
  return files.flatMap((file) => {
    const text = new TextDecoder().decode(context.files?.certificates.get(file) ?? new Uint8Array());
    const [leaf, issuer] = certificatesIn(text) ?? [];
    if (leaf === undefined) return [];
    if (!/OCSP - URI:/.test(leaf.infoAccess ?? ''))
      return [warning(at, `the certificate of certificates/${file} names no OCSP responder`, 'nothing is stapled to it: remove ocsp')];
    return issuer === undefined || !leaf.checkIssued(issuer)
      ? [
          problem(
            at,
            `certificates/${file} has no certificate of its issuer`,
            "ocsp needs it: put the CA's certificate behind that of the server",
          ),
        ]
      : [];
  });
}

/** The text of a file beside the document, or why there is none that HAProxy could read. */
export function textOf(file: string, at: At, { files }: Context): string | Problem {
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
  const fit = keyFit(key, leaf);
  if (fit === 'unreadable') return [problem(at, `the private key of certificates/${file} is not readable`, order)];
  if (fit === 'another')
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
