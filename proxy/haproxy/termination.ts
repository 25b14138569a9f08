/**
 * Why and when a request or connection ended, in words: the termination state of HAProxy's logs (configuration manual 3.0, 8.5 "Stream state at
 * disconnection").
 */

/** First character: what happened first. */
const causes: Readonly<Record<string, string>> = {
  C: 'The client broke the connection off',
  S: 'The server broke the connection off or refused it',
  P: 'HAProxy refused to go on, by a rule, a limit or a security check,',
  L: 'HAProxy answered by itself',
  R: 'HAProxy ran out of a resource (memory, sockets or source ports): see the system log,',
  I: 'HAProxy found an error of its own (report it, and restart HAProxy)',
  D: 'HAProxy ended it because the server went down',
  U: 'HAProxy ended it on this backup server because a regular server came up',
  K: 'Somebody who administers HAProxy ended it',
  c: 'The client stayed silent beyond its timeout',
  s: 'The server stayed silent beyond its timeout',
  '-': 'Nothing went wrong',
};

/** Second character: what HAProxy was doing then. */
const stages: Readonly<Record<string, string>> = {
  R: 'while HAProxy waited for a complete request; no server saw it',
  Q: 'while it waited in the queue for a free server',
  C: 'while the connection to the server was being set up',
  H: "while HAProxy waited for the server's response headers",
  D: 'while data went to and fro',
  L: 'while the last data went to the client; the server had finished',
  T: 'while the client was held in the tarpit',
  '-': 'after everything had been transferred',
};

/** Pairs of which the manual says more than their characters do. */
const pairs: Readonly<Record<string, string>> = {
  '--': 'Normal end: both sides were done.',
  CC: 'The client left before a connection to the server stood: the server is slow to accept, or has just died.',
  CD: 'The client left during the transfer: a closed browser, a broken network, or a keep-alive connection that it ended first.',
  CH: 'The client left while it waited for the server to answer: the server is slow, or somebody pressed Stop.',
  CQ: 'The client left while it was queued: all servers were full, or its own one was slow.',
  CR: 'The client left before it had sent a full request: a probe, a preconnect of a browser, or a request typed by hand.',
  CT: 'The client left while it was held in the tarpit: look that no valid request is tarpitted.',
  cD: 'The client neither sent nor took data for "timeout client": a network failure, or it left without a word.',
  cH: 'The client stopped sending its request\'s body for "timeout client", or that is shorter than the server takes to answer.',
  cR: 'The client did not send a full request within "timeout http-request": a slow or idle client, a preconnect of a browser, or slowloris.',
  LC: 'HAProxy redirected the client by the server\'s "redir"; the server did not see the request.',
  LR: 'HAProxy answered the request by itself: a redirect, a return rule, the cache, the stats page or the like. No server saw it.',
  LH: "HAProxy answered by itself in place of the server's response: a redirect or a return rule.",
  PC: "HAProxy could not open a connection to the server: the process's limit of sockets is reached. Raise the global maxconn.",
  PD: 'HAProxy stopped a badly formed chunked message, most likely of the server.',
  PH: "HAProxy blocked the server's response (502): invalid, incomplete, dangerous to cache, or matched by a rule.",
  PR: 'HAProxy blocked the request: not valid HTTP (400), denied by a rule (403), or a header could not be rewritten (500).',
  PT: 'HAProxy held the client in the tarpit and then refused it; no server saw the request.',
  RC: 'HAProxy had no memory, socket or source port left to connect to the server: the system log says which.',
  SC: 'The server, or something before it, refused the connection: nothing listens, no route, or no answer of the network.',
  SD: 'The connection to the server broke during the transfer: the server crashed, or something between cut it.',
  SH: 'The server closed before it had sent its response headers: look into its log for a crash on this request.',
  sC: 'The server did not accept the connection within "timeout connect".',
  sD: 'The server neither sent nor took data for "timeout server" during the transfer: often a firewall\'s shorter timeout.',
  sH: 'The server did not answer within "timeout server": too slow, or overloaded.',
  sQ: 'The request waited in the queue for longer than "timeout queue": the servers are full.',
};

/** Third character: the persistence cookie that the client sent. */
const sent: Readonly<Record<string, string>> = {
  N: 'The client sent no cookie',
  I: 'The client sent a cookie that no server knows',
  D: 'The client sent the cookie of a server that was down',
  V: 'The client sent a valid cookie',
  E: 'The client sent a cookie older than "maxidle"',
  O: 'The client sent a cookie older than "maxlife"',
  U: 'The client sent a cookie, but something else chose the server',
  '-': 'No cookie is looked for',
};

/** Fourth character: what became of the cookie in the response. */
const returned: Readonly<Record<string, string>> = {
  N: 'and none was set',
  I: 'and HAProxy inserted one',
  U: 'and HAProxy renewed its date',
  P: "and the server's own was passed on",
  R: "and the server's own was rewritten",
  D: "and the server's own was removed",
  '-': 'and none is set',
};

/** A flag of a table, `U+0041` and the like never being an object's own method. */
const word = (table: Readonly<Record<string, string>>, flag: string) => (Object.hasOwn(table, flag) ? table[flag] : undefined);

/** What the first two flags mean (`sH`), a sentence or two; any text has an answer. */
export function explainTermination(flags: string): string {
  const known = word(pairs, flags);
  if (known !== undefined) return known;
  const [cause, stage] = [word(causes, flags.charAt(0)), word(stages, flags.charAt(1))];
  if (flags.length !== 2 || cause === undefined || stage === undefined) return 'Not a termination state of HAProxy 3.0.';
  return `${cause} ${stage}.`;
}

/** What the two flags of the persistence cookie mean (`VN`), the third and fourth character in HTTP logs. */
export function explainCookie(flags: string): string {
  if (flags === '--') return 'No persistence cookie is in use.';
  const [before, after] = [word(sent, flags.charAt(0)), word(returned, flags.charAt(1))];
  if (flags.length !== 2 || before === undefined || after === undefined) return 'Not a cookie state of HAProxy 3.0.';
  return `${before}, ${after}.`;
}
