import { describe, expect, test } from 'vitest';
import { load } from '../../appliance/config/load.ts';
import { formatProblem } from '../../appliance/config/problem.ts';
import { readSource } from '../../appliance/config/source.ts';
import { formatCapacity } from '../../appliance/state/capacity.ts';
import { demandOf } from '../../appliance/state/demand.ts';
import { desiredState } from '../../appliance/state/desired.ts';
import type { Demand } from '../../tuning/demand.ts';
import type { Hardware } from '../../tuning/hardware.ts';
import { testFiles } from '../support/cases.ts';
import { machine, nic } from '../tuning/machine.ts';

const gigabyte = 2 ** 30;
const files = testFiles();

/** A document of these sections, for one node with one link. */
function source(sections: string): string {
  return `version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } } }\n${sections}`;
}

function read(text: string) {
  const { config, problems } = load(text, { file: 'config.yaml', files, now: new Date('2026-06-01') });
  if (config === null) throw new Error(problems.map(formatProblem).join('\n'));
  return config;
}

/** What a machine says to a document: its problems as people see them, and its verdict. */
function judge(sections: string, different: Partial<Hardware> = {}) {
  const nics = [nic()];
  const text = source(sections);
  const { problems, capacity } = desiredState(read(text), 'lb1', machine({ nics, openFiles: 2 ** 30, ...different }), files);
  return { problems: problems.map(readSource(text, 'config.yaml').locate).map(formatProblem), verdict: formatCapacity(capacity) };
}

function backends(isRelayed: boolean): string {
  const servers = '{ servers: { app1: "10.0.0.1:80", app2: "10.0.0.2:80" } }';
  return `backends: { app: ${servers}${isRelayed ? `, relay: ${servers}` : ''} }\n`;
}

/** Frontends of the same two servers, with what each says differently. */
function frontends(...different: readonly string[]): string {
  const web = (one: string, index: number) =>
    `  web${index}: { bind: [{ address: "*:${80 + index}" }], default_backend: ${one.includes('tcp') ? 'relay' : 'app'}, ${one} }\n`;
  return `frontends:\n${different.map(web).join('')}${backends(different.some((one) => one.includes('tcp')))}`;
}

describe('what a machine cannot carry is refused at its place, with how much too much it is', () => {
  test('sessions that do not fit into memory even while they are idle', () => {
    expect(judge(frontends('maxconn: 1000000'), { memoryBytes: 4 * gigabyte }).problems.slice(0, 1)).toEqual([
      `config.yaml:4:71: 1,000,000 sessions need 4.2 GB of memory even while they are idle (4.4 kB each); this machine has 4.0 GB, 0.19 GB too little
   4 |   web0: { bind: [{ address: "*:80" }], default_backend: app, maxconn: 1000000 }
     |                                                                       ^
  it holds 954,437 at most, and far fewer that are busy`,
    ]);
    expect(judge(frontends('mode: tcp, maxconn: 128000'), { memoryBytes: gigabyte }).problems[0]).toContain(
      '128,000 sessions need 1.3 GB of memory even while they are idle (10.3 kB each); this machine has 1.0 GB, 0.25 GB too little',
    );
  });

  test('caches and rings that do not fit into memory, alone or beside sessions', () => {
    const two =
      'caches: { a: { total-max-size: 2000 }, b: { total-max-size: 2000 } }\nrings: { c: { address: "10.0.0.9:601", size: 104857600 } }\n';
    const cached = `${two}${frontends('maxconn: 100000').replace('{ app: {', '{ app: { http-request: [{ cache-use: a }, { cache-use: b }],')}`;
    expect(judge(cached, { memoryBytes: 3 * gigabyte }).problems).toEqual([
      `config.yaml:3:9: caches and rings need 4.0 GB of memory; this machine has 3.0 GB, 1.0 GB too little
   3 | caches: { a: { total-max-size: 2000 }, b: { total-max-size: 2000 } }
     |         ^
  make them smaller: total-max-size of a cache is in megabytes, size of a ring in bytes, size of a table in entries`,
    ]);
    expect(judge(cached, { memoryBytes: 4.2 * gigabyte }).problems[0]).toContain(
      'this machine has 4.2 GB, 4.0 GB of them for caches and rings, 0.22 GB too little',
    );
    expect(judge(cached, { memoryBytes: 8 * gigabyte }).verdict).toContain('8.0 GB less 0.5 GB, 4.0 GB of caches and rings');
  });

  test('stick tables that do not fit into memory once they are full', () => {
    const counting = (size: string) =>
      `stick-tables: { clients: { type: ipv6, size: ${size}, expire: 1h, store: [http_req_rate(10s), "gpc(2)"] } }\n${frontends('maxconn: 1000')}`;
    expect(judge(counting('100m'), { memoryBytes: 8 * gigabyte }).problems).toEqual([
      `config.yaml:3:15: stick tables need 18 GB of memory; this machine has 8.0 GB, 10.0 GB too little
   3 | stick-tables: { clients: { type: ipv6, size: 100m, expire: 1h, store: [http_req_rate(10s), "gpc(2)"]
     |               ^
  make them smaller: total-max-size of a cache is in megabytes, size of a ring in bytes, size of a table in entries`,
    ]);
    const { problems, verdict } = judge(counting('1m'), { memoryBytes: 8 * gigabyte });
    expect(problems).toEqual([]);
    expect(verdict).toContain('8.0 GB less 0.5 GB, 0.18 GB of stick tables; 20,000 a GB');
  });

  test('sessions for which HAProxy would not start, for want of files', () => {
    const { problems } = judge(frontends('maxconn: 7982'), { openFiles: 20_000 });
    expect(problems).toEqual([
      `config.yaml:4:71: HAProxy needs 20,014 open files for 7,982 sessions; this machine gives it 20,000, 14 too few
   4 |   web0: { bind: [{ address: "*:80" }], default_backend: app, maxconn: 7982 }
     |                                                                       ^
  a session has two sockets, and every fourth a pipe for splicing: ask fewer`,
    ]);
    expect(judge(frontends('maxconn: 7975'), { openFiles: 20_000 }).problems[0]).toContain('warning: ');
  });

  test('sessions of mode tcp for which there is no port towards a server', () => {
    expect(judge(frontends('mode: tcp, maxconn: 128001')).problems).toEqual([
      `config.yaml:4:84: 128,001 sessions need as many connections to the 2 addresses of its servers; this machine has source ports for 128,000, 1 too few
   4 |   web0: { bind: [{ address: "*:80" }], default_backend: relay, mode: tcp, maxconn: 128001 }
     |                                                                                    ^
  add servers, or give each a maxconn, so that what is too much waits`,
    ]);
    const narrow = `tuning: { sysctl: { net.ipv4.ip_local_port_range: 20000 20099 } }\n`;
    expect(judge(`${frontends('mode: tcp, maxconn: 201')}${narrow}`).problems[0]).toContain('source ports for 200, 1 too few');
    expect(judge(`${frontends('mode: tcp, maxconn: 200')}${narrow}`).problems).toEqual([]);
  });

  test('counts a file for each check and each agent, and none where nothing is checked', () => {
    const web = 'frontends: { web: { mode: tcp, bind: [{ address: "*:80" }], default_backend: app } }';
    const idle = (more: string, word = '') =>
      demandOf(
        read(
          source(`${web}\nbackends: { app: { mode: tcp, ${more}servers: { a: { address: "10.0.0.1:80"${word} }, b: "10.0.0.2:80" } } }\n`),
        ),
      ).idleFiles;
    const none = idle('check: false, ');
    expect(idle('')).toBe(none + 2);
    expect(idle('', ', check: false')).toBe(none + 1);
    expect(idle('check: false, ', ', agent-check: { port: 9000 }')).toBe(none + 1);
  });

  test('checks of servers that leave no file for a session', () => {
    const servers = Array.from({ length: 10_000 }, (_, index) => `s${index}: "10.0.${index >> 8}.${index & 255}:80"`).join(', ');
    const { problems } = judge(
      `frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }\nbackends: { app: { servers: { ${servers} } } }\n`,
      {
        openFiles: 10_000,
      },
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      'HAProxy needs 10,308 open files for binds and the checks of servers alone; this machine gives it 10,000, 308 too few',
    );
    expect(problems[0]).toMatch(/^config.yaml:4:11: /);
  });

  test('all of it at once', () => {
    const { problems } = judge(frontends('maxconn: 9000000', 'mode: tcp, maxconn: 9000000'), { memoryBytes: 2 * gigabyte });
    expect(problems.map((problem) => /^config\.yaml:(\d+).*(memory|open files|source ports) /.exec(problem)?.slice(1))).toEqual([
      ['4', 'memory'],
      ['4', 'open files'],
      ['4', 'source ports'],
      ['5', 'memory'],
      ['5', 'open files'],
      ['5', 'source ports'],
    ]);
  });
});

describe('what may be too much only when all of it is busy is a warning', () => {
  test('at the frontend that asks most', () => {
    const { problems } = judge(frontends('maxconn: 20000', 'maxconn: 30000'), { memoryBytes: 2 * gigabyte });
    expect(problems).toEqual([
      `config.yaml:5:71: warning: this machine does not carry the 50,000 sessions of all frontends when all are busy: its memory is for 30,000, 20,000 fewer
   5 |   web1: { bind: [{ address: "*:81" }], default_backend: app, maxconn: 30000 }
     |                                                                       ^
  HAProxy takes 30,000 at a time; more wait in the kernel`,
    ]);
  });

  test('ports in mode http, where an idle connection to a server serves many sessions', () => {
    const { problems } = judge(frontends('maxconn: 130000'));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      'warning: 130,000 sessions may need as many connections to the 2 addresses of its servers; this machine has source ports for 128,000, 2,000 too few',
    );
  });

  test('and nothing is said where nothing is asked, or not too much', () => {
    expect(judge(frontends('mode: tcp'), { memoryBytes: gigabyte / 4 }).problems).toEqual([]);
    expect(judge(frontends('maxconn: 64000', 'mode: tcp, maxconn: 63000')).problems).toEqual([]);
  });
});

describe('the verdict', () => {
  test('names what is asked, what each limit permits, and the one that decides', () => {
    const { verdict } = judge(frontends('maxconn: 40000', 'maxconn: 500'));
    expect(verdict).toBe(`sessions: 40,500 asked (web0 40,000, web1 500); HAProxy takes 40,500
  memory, all busy    150,000  8.0 GB less 0.5 GB; 20,000 a GB (no TLS)
  memory, all idle  1,900,000  8.0 GB; 4.4 kB each
  open files        3,800,000  10,485,760 less 954,255; 2.5 each
  source ports        128,000  64,000 to each of 2 server addresses
  carries 128,000 busy ones, bound by source ports; plan for half of that, 64,000
  with 40,500 busy, 6.6 GB are left for the kernel and its sockets' buffers
`);
  });

  test('says what frontends take that say nothing, and does not name very many', () => {
    expect(judge(frontends('mode: tcp')).verdict).toMatch(/^sessions: as many as there are; HAProxy takes 150,000\n/);
    expect(judge(frontends('maxconn: 10', 'mode: http')).verdict).toMatch(
      /^sessions: 10 asked \(web0\), and by others what is left; HAProxy takes 150,000\n/,
    );
    expect(judge(frontends(...[1, 2, 3, 4, 5].map((count) => `maxconn: ${count}`))).verdict).toMatch(
      /^sessions: 15 asked \(web4 5, web3 4, web2 3, 2 more\); HAProxy takes 15\n/,
    );
  });

  test('is not there where the machine is not known', () => {
    expect(formatCapacity(desiredState(read(source(frontends('maxconn: 10'))), 'lb1', null, files).capacity)).toBe('');
  });
});

/** What a document asks whose one frontend has these binds. */
function demandOfBinds(binds: string): Demand {
  const sections = `certificates: { api: { pem: api.pem } }\nfrontends: { web: { bind: [${binds}], default_backend: app } }\n${backends(false)}`;
  return demandOf(read(source(sections)));
}

describe('HTTP/3', () => {
  test('is asked where a bind offers it, and nowhere else', () => {
    expect(demandOfBinds('{ address: "*:443", ssl: [api], alpn: [h3, h2] }').quic).toBe(true);
    expect(demandOfBinds('{ address: "*:443", ssl: [api] }').quic).toBe(false);
    expect(demandOfBinds('{ address: "*:80" }').quic).toBe(false);
  });
});

describe('the servers behind a frontend', () => {
  const destinations = (backend: string) =>
    demandOf(read(source(`frontends: { web: { bind: [{ address: "*:80" }], default_backend: app } }\nbackends: { app: { ${backend} } }\n`)))
      .frontends[0]?.destinations;

  test('count by address and port, once each, without backups', () => {
    expect(
      destinations('servers: { a: "10.0.0.1:80", b: "10.0.0.1:80", c: "10.0.0.1:81", d: { address: "10.0.0.2:80", backup: true } }'),
    ).toHaveLength(2);
    expect(destinations('servers: { d: { address: "10.0.0.2:80", backup: true } }')).toHaveLength(1);
  });

  test('count each where a name may become several addresses', () => {
    expect(destinations('servers: { a: "app.internal:80", b: "app.internal:80" }')).toHaveLength(2);
  });

  test('need no ports of their own where one has a maxconn, a connection carries many sessions, or raw lines may say otherwise', () => {
    expect(destinations('default-server: { maxconn: 100 }, servers: { a: "10.0.0.1:80" }')).toBeNull();
    expect(destinations('servers: { a: { address: "10.0.0.1:80", maxconn: 100 }, b: "10.0.0.2:80" }')).toBeNull();
    expect(destinations('default-server: { maxconn: 64001 }, servers: { a: "10.0.0.1:80" }')).toHaveLength(1);
    expect(destinations('servers: { a: "10.0.0.1:80" }, extra: ["source 0.0.0.0 usesrc clientip"]')).toBeNull();
    expect(destinations('default-server: { ssl: { alpn: [h2] } }, servers: { a: "10.0.0.1:443" }')).toBeNull();
  });

  test('TLS counts where every bind speaks it', () => {
    const isTls = (binds: string) => demandOfBinds(binds).frontends[0]?.isTls;
    const tls = '{ address: "*:443", ssl: [api] }';
    expect([isTls(tls), isTls('{ address: "*:80" }'), isTls(`{ address: "*:80" }, ${tls}`)]).toEqual([true, false, false]);
  });
});
