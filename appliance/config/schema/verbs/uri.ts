import { z } from 'zod';
import { logFormat, replacement, verb } from '../verb.ts';

/** What can be made of a URI (configuration manual, 4.3 "normalize-uri"). */
const NORMALIZERS = [
  'fragment-encode',
  'fragment-strip',
  'path-merge-slashes',
  'path-strip-dot',
  'path-strip-dotdot',
  'path-strip-dotdot full',
  'percent-decode-unreserved',
  'percent-decode-unreserved strict',
  'percent-to-uppercase',
  'percent-to-uppercase strict',
  'query-sort-by-name',
] as const;

/** Verbs that change the request line. */
export const uriVerbs = {
  'set-method': verb(['http-request'], logFormat(), 'Replaces the method, a log-format string.'),
  'set-path': verb(['http-request'], logFormat(), 'Replaces the path, a log-format string.'),
  'set-pathq': verb(['http-request'], logFormat(), 'Replaces the path and the query, a log-format string.'),
  'set-query': verb(['http-request'], logFormat(), 'Replaces the query, a log-format string.'),
  'set-uri': verb(['http-request'], logFormat(), 'Replaces the whole URI, a log-format string.'),
  'replace-path': verb(['http-request'], replacement(), 'Changes a path that matches.'),
  'replace-pathq': verb(['http-request'], replacement(), 'Changes a path and query that match.'),
  'replace-uri': verb(['http-request'], replacement(), 'Changes a whole URI that matches.'),
  'normalize-uri': verb(['http-request'], z.enum(NORMALIZERS), 'Brings the URI into a normal form; HAProxy 3.0 calls this experimental.'),
} as const;
