import { expect, test } from 'vitest';
import type { Status } from '../../appliance/agent/status.ts';
import { checkLine } from '../../appliance/cli/status.ts';

const fresh: Status = {
  version: 1,
  at: '2026-11-23T00:00:00.000Z',
  weir: '0.1.0',
  node: null,
  state: 'unconfigured',
  generation: null,
  activity: null,
  drift: [],
  warnings: [],
  verdicts: [],
  blocks: [],
  runtime: [],
  expiring: [],
  haproxy: null,
  keepalived: null,
  links: [],
};
const serving: Status = {
  ...fresh,
  state: 'as confirmed',
  generation: { id: '3-lb1', hash: 'ab', at: fresh.at, by: 'alice', weir: '0.1.0' },
  haproxy: { version: '3.0.11', uptimeSeconds: 9, mark: null, connections: 7, maxconn: 6800, oldWorkers: 0 },
};

const ending = (level: 'near' | 'expired', message: string) => ({ file: 'a.pem', level, days: 9, at: fresh.at, message, hint: '' });

test.each([
  ['OK - as confirmed, generation 3-lb1, 7 of 6800 connections | connections=7;;;0;6800', serving],
  ['WARNING - unconfigured', fresh],
  ['WARNING - drifted, generation 3-lb1, 1 drifted, 7 of 6800', { ...serving, state: 'drifted', drift: ['/etc/hostname'] } as const],
  ['CRITICAL - drifted, generation 3-lb1, HAProxy does not answer', { ...serving, state: 'drifted', haproxy: null } as const],
  [
    'WARNING - as confirmed, generation 3-lb1, 7 of 6800 connections, the certificate of certificates/a.pem expires in 9 days',
    { ...serving, expiring: [ending('near', 'the certificate of certificates/a.pem expires in 9 days')] },
  ],
  [
    'CRITICAL - as confirmed, generation 3-lb1, 7 of 6800 connections, it expired, it expired, it expired, it expired, it expired, 2 more certificates end soon',
    { ...serving, expiring: Array.from({ length: 7 }, () => ending('expired', 'it expired')) },
  ],
])('monitoring reads: WEIR %s', (line, status) => {
  expect(checkLine(status)).toMatch(new RegExp(`^WEIR ${line.replaceAll(/[|.]/g, '\\$&')}`));
  if (status === fresh) expect(checkLine(status)).toBe(`WEIR ${line}`);
});
