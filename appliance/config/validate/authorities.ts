import { certificatesIn } from '../pem.ts';
import type { Problem } from '../problem.ts';
import { textOf } from './certificates.ts';
import { type At, type Context, problem, warning } from './context.ts';

/** A file that says who is trusted: CAs, or what they have revoked. */
type Kind = 'ca-file' | 'crl-file';

/** What names such files: a certificate, a bind, a server's TLS. */
type Named = Readonly<Partial<Record<Kind, string | undefined>>>;

/** Checks the files of CAs and of revoked certificates, each where it is named first. */
export function checkAuthorities(context: Context): readonly Problem[] {
  if (context.files === null) return [];
  const seen = new Set<string>();
  return naming(context).flatMap(([at, named]) =>
    (['ca-file', 'crl-file'] as const).flatMap((kind) => {
      const file = named[kind];
      if (file === undefined || seen.has(`${kind} ${file}`)) return [];
      seen.add(`${kind} ${file}`);
      return kind === 'ca-file' ? checkAuthority(file, [...at, kind], context) : checkRevoked(file, [...at, kind], context);
    }),
  );
}

function naming({ document }: Context): readonly (readonly [At, Named])[] {
  const { certificates, frontends, backends, peers } = document;
  const maps = (ssl: unknown): Named => (typeof ssl === 'object' && ssl !== null ? ssl : {});
  return [
    ...Object.entries(certificates).map(([name, each]) => [['certificates', name], each] as const),
    ...Object.entries(peers).map(([name, { ssl }]) => [['peers', name, 'ssl'], maps(ssl)] as const),
    ...Object.entries(frontends).flatMap(([name, { bind }]) =>
      bind.map((each, index) => [['frontends', name, 'bind', index], each] as const),
    ),
    ...Object.entries(backends).flatMap(([name, { servers, 'server-template': templates, 'default-server': shared }]) => [
      [['backends', name, 'default-server', 'ssl'], maps(shared.ssl)] as const,
      ...Object.entries(servers).map(
        ([server, input]) =>
          [['backends', name, 'servers', server, 'ssl'], maps(typeof input === 'string' ? undefined : input.ssl)] as const,
      ),
      ...Object.entries(templates).map(([server, { ssl }]) => [['backends', name, 'server-template', server, 'ssl'], maps(ssl)] as const),
    ]),
  ];
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

function checkRevoked(file: string, at: At, context: Context): readonly Problem[] {
  const text = textOf(file, at, context);
  if (typeof text !== 'string') return [text];
  return /-----BEGIN X509 CRL-----/.test(text)
    ? []
    : [problem(at, `certificates/${file} has no list of revoked certificates`, 'a crl-file is PEM: openssl crl -inform der -in FILE')];
}
