import { z } from 'zod';
import type { Files } from '../config/config.ts';
import { FILE_NAME } from '../config/file-name.ts';
import { parseAddress, unusable, withArticle } from '../config/schema/address.ts';
import { perFolder } from '../state/folder.ts';

const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'control characters are not allowed');
const connection = line(200).nullable().default(null);
const change = {
  /** Who asks, for the history. */
  by: line(100).min(1).default('somebody'),
  /** Seconds in which it must be confirmed, at most a day; null: it need not be. */
  confirmSeconds: z.int().min(5).max(86_400).nullable().default(null),
  /** The asker takes the risk of a change that should be confirmed. */
  yes: z.boolean().default(false),
  /** SSH_CONNECTION of the asker, or null. */
  connection,
};

/** Sizes of files beside a document, by name, which is one word without slashes so that it stays in its folder. */
const folder = z.record(z.string().regex(FILE_NAME, 'a file name has letters, digits and _ . -'), z.int().min(0)).default({});
const beside = z.strictObject(perFolder(() => folder));

/**
 * A document to plan; null: the confirmed one. `file` is what problems call it. `files` stand beside it and win over those that the machine has; once
 * the document is confirmed, the machine has them. Their bytes follow the request's line of JSON, in the order in which it names them.
 */
const planRequest = z.strictObject({
  config: z.string().nullable(),
  file: line(300).default('config.yaml'),
  files: beside.nullable().default(null),
});

/** A request or connection to ask a document about; what it is made of is judged where it is asked. */
const routeRequest = z.strictObject({
  ...planRequest.shape,
  asked: z.strictObject({
    request: z.string().max(20_000),
    source: z.string().max(100).nullable(),
    to: z.string().max(200).nullable(),
    headers: z.array(z.string().max(20_000)).max(1000),
  }),
});

/** A document to apply; null: the confirmed one, which repairs drift. */
const applyRequest = z.strictObject({ ...planRequest.shape, ...change });

/** A generation to go back to; null: the one before the confirmed one, or out of a change that waits to be confirmed. */
const rollbackRequest = z.strictObject({ id: line(80).nullable().default(null), ...change });

/** The confirming of a change that waits. */
const confirmRequest = z.strictObject({ connection });

/** Networks or addresses to block, for 30 seconds to 30 days; null: until they are removed. */
const blockRequest = z.strictObject({
  networks: z.array(line(60)).min(1).max(1000),
  seconds: z.int().min(30).max(2_592_000).nullable().default(null),
  by: change.by,
  yes: change.yes,
  connection,
});

/** Networks or addresses to block no more; `all` is all of them. */
const unblockRequest = z.strictObject({ networks: z.array(line(60)).min(1).max(1000), by: change.by });

/** What a certificate is called: as the document names things, since its file is named by it. */
const certificate = line(64).regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'a name begins with a letter; letters, digits, "_", "." and "-" follow');

/** A key to make, and the request for its certificate. `names`: host names and addresses; none: those of the document. */
const certRequest = z.strictObject({
  name: certificate,
  names: z.array(line(253)).max(100).default([]),
  /** Bits of an RSA key; null: an EC key on P-256. */
  rsa: z.int().min(2048).max(4096).nullable().default(null),
  subject: line(500).nullable().default(null),
  /** Another request of this name is forgotten, with its key. */
  replace: z.boolean().default(false),
  by: change.by,
});

/** A certificate with its chain, and its key where that does not wait here, as PEM. */
const certInstall = z.strictObject({ name: certificate, pem: z.string().max(2 ** 20), ...change });

/** A request that nobody wants any more. */
const certForget = z.strictObject({ name: certificate, by: change.by });

/** Certificate files that were replaced on the disk; null: those of all certificates. */
const certReload = z.strictObject({ name: certificate.nullable().default(null), ...change });

/** A name that HAProxy takes, so that nothing of it is another word of a command. */
const called = z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/, 'a name has letters, digits and _ . : -');

/** Which sessions to tell, and at most how many. */
const sessionsRequest = z.strictObject({
  frontend: called.nullable().default(null),
  backend: called.nullable().default(null),
  server: called.nullable().default(null),
  /** An address or a network. */
  source: line(100).nullable().default(null),
  /** HAProxy looks through all of its sessions for each that is shown, and serves nobody meanwhile. */
  limit: z.int().min(1).max(1000).default(100),
});

/** Which entries of a stick table to tell: that of a key, or those with the most in a counter, and at most how many. */
const tableRequest = z.strictObject({
  name: called,
  key: line(1000).min(1).nullable().default(null),
  by: line(100).nullable().default(null),
  limit: z.int().min(1).max(1_000_000).default(100),
});

/** An entry of a stick table to remove; null: all of them, which `yes` says. */
const tableClear = z.strictObject({
  name: called,
  key: line(1000).min(1).nullable().default(null),
  by: change.by,
  yes: change.yes,
});

/** An address that a server can have, in its canonical spelling. */
const serverAddress = line(100).transform((text, context) => {
  const address = parseAddress(text);
  const range = address === null ? null : unusable(address);
  const isWrong = range !== null && range !== 'loopback' && range !== 'ipv4Mapped';
  if (address !== null && !isWrong) return address.text;
  context.addIssue(
    address === null
      ? `"${text}" is not an IPv4 or IPv6 address: a name belongs into the document`
      : `"${text}" is ${withArticle(range ?? '')} address, which no server has`,
  );
  return z.NEVER;
});

/** A server to change: its state, its weight, or its address (an IPv4 or IPv6 address; without a port, at the port that it has). */
const serverRequest = z.strictObject({
  backend: called,
  server: called,
  state: z.enum(['ready', 'drain', 'maint']).nullable().default(null),
  weight: z.int().min(0).max(256).nullable().default(null),
  address: z
    .strictObject({ host: serverAddress, port: z.int().min(1).max(65_535).nullable().default(null) })
    .nullable()
    .default(null),
  by: change.by,
  yes: change.yes,
});

/** A key of a map and its value; null: the key shall go. */
const mapRequest = z.strictObject({
  map: called,
  key: line(4000).min(1),
  value: line(4000).min(1).nullable().default(null),
  by: change.by,
});

/** A map whose entries are told. */
const mapShow = z.strictObject({ map: called });

/** What of the running machine shall be as the document says again: `BACKEND/SERVER` or a map; null: all. */
const runtimeForget = z.strictObject({ what: line(1200).min(1).nullable().default(null), by: change.by });

/** What of the running machine shall stand in the document, as above. */
const runtimeKeep = z.strictObject({ what: runtimeForget.shape.what, ...change });

/** The values of the kernel and of NICs shall be what they were first. */
const tuneReset = z.strictObject({ by: change.by });

/** What is asked of the agent, by the path that it is sent to. Loaded when the first request comes: zod is large. */
export const requests = {
  plan: planRequest,
  route: routeRequest,
  apply: applyRequest,
  rollback: rollbackRequest,
  confirm: confirmRequest,
  block: blockRequest,
  unblock: unblockRequest,
  certRequest,
  certInstall,
  certForget,
  certReload,
  sessions: sessionsRequest,
  table: tableRequest,
  tableClear,
  server: serverRequest,
  map: mapRequest,
  mapShow,
  runtimeForget,
  runtimeKeep,
  tuneReset,
} as const;

/** The sizes of the files that follow a request. */
export type Sizes = z.infer<typeof beside>;

type Parsed = { readonly [Path in keyof typeof requests]: z.infer<(typeof requests)[Path]> };

/** Requests after they were checked, by the path that they are sent to, with the files that came with them. */
export type Requests = {
  readonly [Path in keyof Parsed]: 'files' extends keyof Parsed[Path]
    ? Omit<Parsed[Path], 'files'> & { readonly files: Files | null }
    : Parsed[Path];
};
