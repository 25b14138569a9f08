import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacity, filesFor } from '../../tuning/capacity.ts';
import { demand, machine } from './machine.ts';

const gigabyte = 2 ** 30;

describe("HAProxy's size", () => {
  test.each([
    ['none', 150_000],
    ['clients', 60_000],
    ['both', 37_000],
  ] as const)('is decided by memory on 8 GB when TLS is spoken by %s', (tls, maxconn) => {
    expect(capacity(machine(), demand({ tls }))).toEqual({ threads: 4, maxconn, limitedBy: 'memory' });
  });

  test('is decided by the limit of open files where that is small', () => {
    const small = capacity(machine({ openFiles: 20_000 }), demand());
    expect(small.limitedBy).toBe('files');
    expect(filesFor(small.maxconn, demand())).toBeLessThanOrEqual(20_000);
    expect(capacity(machine({ openFiles: 20_000 }), demand({ idleFiles: 10_000 })).maxconn).toBeLessThan(small.maxconn);
  });

  test('is what the document wants if the machine can do it, and what the machine can do if not', () => {
    expect(capacity(machine(), demand({ maxconn: 40_000 }))).toEqual({ threads: 4, maxconn: 40_000, limitedBy: 'document' });
    expect(capacity(machine(), demand({ maxconn: 4_000_000 }))).toMatchObject({ maxconn: 150_000, limitedBy: 'memory' });
  });

  test('never has more threads than one group takes, nor none', () => {
    const cpus = Array.from({ length: 256 }, (_, id) => ({ id, core: id, socket: 0, node: 0, l3: 0 }));
    expect(capacity(machine({ cpus }), demand()).threads).toBe(64);
    expect(capacity(machine({ cpus: [] }), demand()).threads).toBe(1);
  });

  test('grows with memory and with files, stays within both, and is never nothing', () => {
    const memory = fc.integer({ min: gigabyte / 4, max: 512 * gigabyte });
    const files = fc.integer({ min: 1024, max: 2 ** 30 });
    fc.assert(
      fc.property(memory, memory, files, fc.boolean(), (a, b, openFiles, splices) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)].map(
          (memoryBytes) => capacity(machine({ memoryBytes, openFiles }), demand({ splices })).maxconn,
        );
        expect(small).toBeLessThanOrEqual(large as number);
        expect(small).toBeGreaterThanOrEqual(100);
        if ((large as number) > 100) expect(filesFor(large as number, demand({ splices }))).toBeLessThanOrEqual(openFiles);
      }),
    );
  });
});
