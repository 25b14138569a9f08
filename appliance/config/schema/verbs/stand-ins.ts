import { z } from 'zod';
import { reference } from '../scalar.ts';
import { verb } from '../verb.ts';

/** Verbs that hand a request to something that answers in the place of a server. */
export const standInVerbs = {
  'cache-use': verb(
    ['http-request'],
    reference('caches'),
    'Answers from this cache where it can; without it, nothing is kept in it either.',
  ),
  'cache-store': verb(['http-response'], reference('caches'), 'Keeps the response in this cache, if it may be kept.'),
  'use-service': verb(
    ['http-request'],
    z.enum(['prometheus-exporter']),
    'A part of HAProxy answers itself: prometheus-exporter, with metrics of this node for Prometheus.',
  ),
} as const;
