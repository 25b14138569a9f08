import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RouteAnswer, RouteDifference } from '../../appliance/agent/route-answer.ts';
import { type Appliance, startAppliance } from './appliance.ts';

const document = (prefix: string) => `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } }
certificates: { web: { pem: web.pem } }
stick-tables: { clients: { type: ip, size: 1k, store: [http_req_cnt] } }
frontends:
  web:
    bind: [{ address: 192.0.2.1, port: 80 }, { address: 192.0.2.1, port: 443, ssl: [web] }]
    http-request: [{ track-sc0: src, table: clients }]
    use_backend: [{ backend: api, if: { path_beg: ${prefix} } }]
    default_backend: app
backends:
  app: { servers: { app1: "192.0.2.254:8081" } }
  api: { servers: { api1: "192.0.2.254:8082" } }
`;

interface Told {
  readonly route: RouteAnswer;
  readonly running?: RouteAnswer | null;
  readonly differences?: readonly RouteDifference[];
}

let box: Appliance;
beforeAll(async () => {
  box = await startAppliance();
  await box.sh(
    'mkdir -p /data/weir/certificates && cd /data/weir/certificates && umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=web.example -addext subjectAltName=DNS:web.example -keyout key.pem -out web.pem && cat key.pem >> web.pem && rm key.pem',
  );
  await box.sh('mkdir -p /tmp/asked && chmod 755 /tmp/asked');
}, 240_000);
afterAll(() => box?.stop());

const ask = async (...argv: string[]): Promise<Told> => {
  const { code, stdout, stderr } = await box.weir(['route', '--config', '-', '--json', ...argv], document('/v2'));
  expect({ code, stderr }, stdout).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as Told;
};

test('before anything is confirmed there is nothing to compare with, and the document is asked all the same', async () => {
  const { route, running } = await ask('--request', 'https://web.example/', '--against', 'running');
  expect(route).toMatchObject({ backend: 'app', certificate: 'DNS:web.example' });
  expect(running).toBeNull();
});

test('the agent asks a document with the files of the machine, and the running one beside it', async () => {
  expect(await box.weir(['apply', '-'], document('/api'))).toMatchObject({ code: 0 });
  const before = await box.sh('systemctl show --property=MainPID,NRestarts haproxy; ls /run/weir; ss -Hltnup | sort');

  const same = await ask('--request', 'https://web.example/', '--against', 'running');
  expect(same.differences).toEqual([]);
  const { route, running, differences } = await ask(
    '--request',
    'https://web.example/api/x',
    '--source',
    '192.0.2.254',
    '--against',
    'running',
  );
  expect(route).toMatchObject({ backend: 'app', certificate: 'DNS:web.example', chosenBy: { path: 'frontends.web.default_backend' } });
  expect(running).toMatchObject({ backend: 'api', chosenBy: { path: 'frontends.web.use_backend[0]', line: 10 } });
  expect(differences?.map(({ what }) => what)).toEqual(['rules that held', 'backend', 'servers']);

  // what serves has not been touched, and has counted nobody
  expect(await box.sh('systemctl show --property=MainPID,NRestarts haproxy; ls /run/weir; ss -Hltnup | sort')).toBe(before);
  expect(await box.sh('weir table show clients --json')).toContain('"entries":[]');
});

test('nothing is left of it: no process, no unit, no file, and no key but root could ever have read it', async () => {
  expect(
    await box.sh(
      'ls -A /run/weir/route 2>/dev/null; pgrep -f "^haproxy -db" || true; systemctl list-units --all --plain --no-legend "weir-route*"',
    ),
  ).toBe('');
});

test('a private HAProxy ends with the agent that asked', async () => {
  const rule =
    'tcp-request inspect-delay: 60s\n    tcp-request content: [{ reject: true, if: { req.len: { gt: 14000 } } }]\n    http-request: [';
  const slow = document('/v2').replace('http-request: [', rule);
  const asking = box.weir(['route', '--config', '-', '--request', 'http://web.example/'], slow);
  const there = 'pgrep -f "^haproxy -db" || true';
  const seen = await box.sh(`for i in $(seq 200); do pgrep -f "^haproxy -db" && break; sleep 0.1; done`);
  expect(seen.trim()).toMatch(/^\d+$/);
  await box.sh('systemctl kill --signal=KILL weir-agent');
  expect(await box.sh(`for i in $(seq 50); do pgrep -f "^haproxy -db" >/dev/null || break; sleep 0.1; done; ${there}`)).toBe('');
  expect((await asking).code).toBe(2);
  await box.settled();
  expect(await box.sh('ls -A /run/weir/route 2>/dev/null')).toBe('');
});
