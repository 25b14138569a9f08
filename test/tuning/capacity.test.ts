import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacity } from '../../tuning/capacity.ts';
import type { FrontendDemand } from '../../tuning/demand.ts';
import { fileLimit, filesFor, maxsock } from '../../tuning/descriptors.ts';
import { busyBytes, idleBytesOf, sessionsPerGigabyte } from '../../tuning/session.ts';
import { cpu, demand, frontendDemand, machine } from './machine.ts';

const gigabyte = 2 ** 30;

/** The sessions that each limit permits, by its kind. */
function limits(...[hardware, asked]: Parameters<typeof capacity>): Readonly<Record<string, number>> {
  return Object.fromEntries(capacity(hardware, asked).limits.map(({ kind, sessions }) => [kind, sessions]));
}

describe("HAProxy's size", () => {
  test.each([
    ['none', 150_000],
    ['clients', 60_000],
    ['both', 37_000],
  ] as const)('is decided by memory on 8 GB when TLS is spoken by %s', (tls, maxconn) => {
    expect(capacity(machine(), demand({ tls }))).toMatchObject({ threads: 4, maxconn, possible: maxconn, bound: 'memory' });
  });

  test('is decided by the limit of open files where that is small', () => {
    const small = capacity(machine({ openFiles: 20_000 }), demand());
    expect(small.bound).toBe('files');
    expect(filesFor(small.maxconn, demand())).toBeLessThanOrEqual(20_000);
    expect(capacity(machine({ openFiles: 20_000 }), demand({ idleFiles: 10_000 })).maxconn).toBeLessThan(small.maxconn);
  });

  test("is counted with the files that HAProxy's unit asks for", () => {
    const unit = readFileSync(join(import.meta.dirname, '../../image/rootfs/etc/systemd/system/haproxy.service'), 'utf8');
    expect(unit).toContain(`\nLimitNOFILE=${fileLimit(machine({ openFiles: null }))}\n`);
  });

  test("never needs more files than HAProxy's unit asks for, however much memory there is", () => {
    for (const openFiles of [2 ** 30, null]) {
      const { maxconn, threads, bound } = capacity(machine({ openFiles, memoryBytes: 2048 * gigabyte }), demand());
      expect(bound).toBe('files');
      expect(maxsock(maxconn, demand(), threads)).toBeLessThan(10_485_760);
    }
  });

  test('is what the document wants if the machine can do it, and what the machine can do if not', () => {
    const asks = (maxconn: number) => demand({ maxconn, frontends: [frontendDemand({ maxconn })] });
    expect(capacity(machine(), asks(40_000))).toMatchObject({
      maxconn: 40_000,
      possible: 64_000,
      bound: 'source-ports',
      practical: 32_000,
    });
    expect(capacity(machine(), asks(4_000_000))).toMatchObject({ maxconn: 150_000 });
  });

  test('has the threads of the plan of CPUs, and never none', () => {
    const cpus = Array.from({ length: 256 }, (_, id) => cpu(id));
    expect(capacity(machine({ cpus }), demand()).threads).toBe(256);
    expect(capacity(machine({ cpus: [] }), demand()).threads).toBe(1);
  });
});

describe('the limits of sessions', () => {
  test('source ports count once for each address of a server, whoever uses it', () => {
    const [one, two] = [frontendDemand({ destinations: ['a 80', 'b 80'] }), frontendDemand({ destinations: ['b 80', 'c 80'] })];
    expect(limits(machine(), demand({ frontends: [one, two] }))['source-ports']).toBe(3 * 64_000);
    expect(limits(machine(), demand({ frontends: [one, two], sourcePorts: 10 }))['source-ports']).toBe(30);
  });

  test('source ports bound nothing where sessions wait for a server, share a connection, or need none', () => {
    expect(
      limits(machine(), demand({ frontends: [frontendDemand({}), frontendDemand({ destinations: null })] }))['source-ports'],
    ).toBeUndefined();
    expect(limits(machine(), demand({ frontends: [] }))['source-ports']).toBeUndefined();
  });

  test('the idle sessions that memory holds are those of the frontend whose sessions take least', () => {
    const of = (...frontends: readonly FrontendDemand[]) => limits(machine(), demand({ frontends }))['idle-memory'] as number;
    const [clear, tls, tcp] = [frontendDemand({}), frontendDemand({ isTls: true }), frontendDemand({ mode: 'tcp' })];
    expect(of(clear)).toBeGreaterThan(of(tcp));
    expect(of(tcp)).toBeGreaterThan(of(tls));
    expect(of(tls, clear)).toBe(of(clear));
  });

  test('a session takes less idle than busy, and busy less than the rule of the manual leaves room for', () => {
    for (const [tls, perGigabyte] of Object.entries(sessionsPerGigabyte) as [keyof typeof busyBytes, number][]) {
      for (const mode of ['http', 'tcp'] as const) expect(idleBytesOf({ mode, isTls: tls !== 'none' })).toBeLessThan(busyBytes[tls]);
      expect(busyBytes[tls]).toBeLessThan(gigabyte / perGigabyte);
    }
  });

  test('caches and rings leave less to sessions, and to the kernel', () => {
    const setAside = { caches: gigabyte, rings: gigabyte / 2, tables: 0 };
    const [without, beside] = [capacity(machine(), demand()), capacity(machine(), demand({ setAside }))];
    const arithmetic = beside.limits.map((limit) => limit.arithmetic);
    expect(arithmetic[0]).toBe('8.0 GB less 0.5 GB, 1.5 GB of caches and rings; 20,000 a GB (no TLS)');
    expect(arithmetic[1]).toMatch(/^8\.0 GB less 1\.5 GB of caches and rings; /);
    expect(beside.limits[0]?.sessions).toBe(6 * 20_000);
    for (const [index, limit] of beside.limits.slice(0, 2).entries())
      expect(limit.sessions).toBeLessThan(without.limits[index]?.sessions ?? 0);
    expect(capacity(machine(), demand({ maxconn: 1000, setAside })).kernelBytes).toBe(6.5 * gigabyte - 1000 * busyBytes.none);
  });

  test('what is left for the kernel is never less than nothing', () => {
    expect(capacity(machine(), demand({ maxconn: 1000 })).kernelBytes).toBe(8 * gigabyte - 1000 * busyBytes.none);
    expect(capacity(machine({ memoryBytes: 1000 }), demand()).kernelBytes).toBe(0);
  });

  test('more of anything never carries fewer, the bound is the least of them, and half of it is planned for', () => {
    const memoryBytes = fc.integer({ min: gigabyte / 8, max: 2048 * gigabyte });
    const openFiles = fc.option(fc.integer({ min: 1024, max: 2 ** 30 }));
    const frontend = fc.record({
      name: fc.constant('web'),
      maxconn: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
      mode: fc.constantFrom('http' as const, 'tcp' as const),
      isTls: fc.boolean(),
      destinations: fc.option(fc.uniqueArray(fc.constantFrom('a 80', 'b 80', 'c 80'), { minLength: 1 })),
    });
    const asked = fc
      .record({
        splices: fc.boolean(),
        fastOpen: fc.boolean(),
        tls: fc.constantFrom('none' as const, 'clients' as const, 'both' as const),
        idleFiles: fc.integer({ min: 0, max: 30_000 }),
        setAside: fc.record({
          caches: fc.integer({ min: 0, max: 2 ** 32 }),
          rings: fc.integer({ min: 0, max: 2 ** 30 }),
          tables: fc.integer({ min: 0, max: 2 ** 30 }),
        }),
        sourcePorts: fc.integer({ min: 1, max: 64_512 }),
        frontends: fc.array(frontend, { maxLength: 3 }),
      })
      .map(demand);
    fc.assert(
      fc.property(memoryBytes, memoryBytes, openFiles, asked, (a, b, files, wanted) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)].map((bytes) =>
          capacity(machine({ memoryBytes: bytes, openFiles: files }), wanted),
        );
        if (small === undefined || large === undefined) throw new Error('two machines');
        expect(small.possible).toBeLessThanOrEqual(large.possible);
        expect(small.maxconn).toBeLessThanOrEqual(large.maxconn);
        for (const { possible, practical, bound, maxconn, limits: all } of [small, large]) {
          expect(possible).toBe(Math.min(...all.map(({ sessions }) => sessions)));
          expect(all.find(({ kind }) => kind === bound)?.sessions).toBe(possible);
          expect(practical).toBe(Math.floor(possible / 2));
          expect(maxconn).toBeGreaterThanOrEqual(100);
          if (maxconn > 100) expect(filesFor(maxconn, wanted)).toBeLessThanOrEqual(files ?? 10_485_760);
        }
      }),
    );
  });
});
