import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describe as describePlan, formatPlan } from '../../appliance/state/diff.ts';
import { transparentUnit, unitPath } from '../../appliance/state/haproxy-unit.ts';
import { type Held, type HostState, isSame, secret } from '../../appliance/state/host-state.ts';
import { type Plan, plan, reverse, satisfies } from '../../appliance/state/plan.ts';
import { serviceOf, serviceOrder } from '../../appliance/state/services.ts';

const paths = [
  '/run/weir/haproxy.cfg',
  '/run/weir/certificates/a.pem',
  '/run/weir/nftables.conf',
  '/run/weir/keepalived.conf',
  '/run/systemd/network/10-front.link',
  '/etc/localtime',
  '/run/sysctl.d/90-weir.conf',
];
const kernel = ['/proc/sys/net/core/somaxconn', '/proc/sys/vm/swappiness'];

const held = fc.record({
  content: fc.oneof(fc.string(), fc.string().map(secret)),
  mode: fc.constantFrom(0o644, 0o600, 0o120777),
  owner: fc.constantFrom('root:root', 'root:weir'),
}) as fc.Arbitrary<Held>;
const value = fc.nat().map((n): Held => ({ content: `${n}`, mode: 0o644, owner: 'root:root' }));
const state: fc.Arbitrary<HostState> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...paths), fc.option(held)), { maxLength: 10 }),
    fc.tuple(...kernel.map((path) => value.map((one): [string, Held | null] => [path, one]))),
  )
  .map(([files, values]) => new Map([...files, ...values]));

function carryOut(before: HostState, steps: Plan): HostState {
  const after = new Map(before);
  for (const step of steps) if (step.kind === 'write') after.set(step.path, step.after);
  return after;
}

function expectSame(a: HostState, b: HostState): void {
  for (const path of new Set([...a.keys(), ...b.keys()])) expect(isSame(a.get(path) ?? null, b.get(path) ?? null), path).toBe(true);
}

describe('a plan', () => {
  test('carried out, leaves nothing to do', () => {
    fc.assert(
      fc.property(state, state, (is, wanted) => {
        expect(plan(carryOut(is, plan(is, wanted)), wanted)).toEqual([]);
      }),
    );
  });

  test('and its reverse leave the host as it was', () => {
    fc.assert(
      fc.property(state, state, (is, wanted) => {
        const forward = plan(is, wanted);
        expectSame(carryOut(carryOut(is, forward), reverse(forward)), is);
      }),
    );
  });

  test('reversed at any step leaves the host as it was', () => {
    fc.assert(
      fc.property(state, state, fc.nat(), (is, wanted, cut) => {
        const forward = plan(is, wanted);
        const done = forward.slice(0, cut % (forward.length + 1));
        expectSame(carryOut(carryOut(is, done), reverse(done)), is);
      }),
    );
  });

  test('writes everything before it activates anything, each service once, in the order of the table but for a keepalived that goes', () => {
    fc.assert(
      fc.property(state, state, (is, wanted) => {
        const steps = plan(is, wanted);
        const first = steps.findIndex((step) => step.kind === 'activate');
        if (first >= 0) expect(steps.slice(first).every((step) => step.kind === 'activate')).toBe(true);
        const services = steps.filter((step) => step.kind === 'activate').map((step) => serviceOrder.indexOf(step.service));
        const goes = steps.some((step) => step.kind === 'write' && step.path === '/run/weir/keepalived.conf' && step.after === null);
        const place = (service: number) => (goes && service === serviceOrder.indexOf('keepalived') ? -1 : service);
        expect(services).toEqual([...new Set(services)].sort((a, b) => place(a) - place(b)));
      }),
    );
  });

  test('takes the VIP away first on the way back', () => {
    const forward = plan(
      new Map(),
      new Map([
        ['/run/weir/haproxy.cfg', text('a')],
        ['/run/weir/keepalived.conf', text('b')],
      ]),
    );
    expect(forward.filter((step) => step.kind === 'activate').map((step) => step.service)).toEqual(['haproxy', 'keepalived']);
    expect(
      reverse(forward)
        .filter((step) => step.kind === 'activate')
        .map((step) => step.service),
    ).toEqual(['keepalived', 'haproxy']);
  });

  test('has a service that disagrees with its files take them up again, and says why', () => {
    const disagreements = [
      { service: 'nftables', reason: 'the firewall has no table inet weir' },
      { service: 'haproxy', reason: 'it does not answer' },
    ] as const;
    const files = new Map([['/run/weir/haproxy.cfg', text('a')]]);
    expect(formatPlan(describePlan(plan(files, files, disagreements)))).toBe(`! the firewall has no table inet weir
! it does not answer

0 to create, 0 to change, 0 to remove; then activate: nftables, haproxy
`);
    // what it runs is of no interest when its files change: it takes them up all the same
    expect(describePlan(plan(new Map(), files, disagreements))).toMatchObject({
      activate: ['nftables', 'haproxy'],
      disagreements: ['the firewall has no table inet weir'],
    });
  });

  test('says that HAProxy restarts where what it may do changes, and does not serve yet or no more', () => {
    const config = '/run/weir/haproxy.cfg';
    const plain = new Map([[config, text('one')]]);
    const transparent = new Map([
      [config, text('two')],
      [unitPath, transparentUnit()],
    ]);
    const restarts = (from: HostState, to: HostState) => describePlan(plan(from, to)).restarts;
    expect(restarts(plain, transparent)).toEqual(['haproxy']);
    expect(restarts(transparent, plain)).toEqual(['haproxy']);
    expect(restarts(transparent, new Map([...transparent, [config, text('three')]]))).toEqual([]);
    expect(restarts(new Map(), transparent)).toEqual([]);
    expect(restarts(transparent, new Map())).toEqual([]);
    const steps = plan(plain, transparent);
    expect(formatPlan(describePlan(steps))).toContain('haproxy (a restart: its connections end, its stick tables are emptied)');
    expect(describePlan(reverse(steps)).restarts).toEqual(['haproxy']);
  });

  describe('has HAProxy take up certificates while it serves', () => {
    const pair = (mark: string) => ({
      ...text(''),
      content: secret(`-----BEGIN CERTIFICATE-----${mark}\n-----BEGIN PRIVATE KEY-----${mark}`),
    });
    const ca = (mark: string) => ({ ...text(''), content: secret(`-----BEGIN CERTIFICATE-----${mark}`) });
    const [config, a, b] = ['/run/weir/haproxy.cfg', '/run/weir/certificates/a.pem', '/run/weir/certificates/b.pem'];
    const before = new Map([
      [config, text('one')],
      [a, pair('1')],
      [b, ca('1')],
    ]);
    const liveOf = (...changes: readonly (readonly [string, Held | null])[]) =>
      describePlan(plan(before, new Map<string, Held | null>([...before, ...changes]))).live;

    test('when nothing else of it changes', () => {
      expect(liveOf([a, pair('2')])).toEqual([a]);
      const steps = plan(before, new Map([...before, [a, pair('2')]]));
      expect(formatPlan(describePlan(steps))).toContain('then activate: haproxy (without a reload)');
      expect(describePlan(reverse(steps)).live).toEqual([a]);
    });
    test.each([
      ['its configuration', [config, text('two')]],
      ['a file that is no certificate with its key', [b, ca('2')]],
      ['a certificate that is new', ['/run/weir/certificates/c.pem', pair('1')]],
      ['a certificate that goes', [a, null]],
      ['a certificate that loses its key', [a, ca('2')]],
    ] as const)('and reloads it when it is %s', (_, change) => {
      expect(liveOf(change)).toEqual([]);
      expect(liveOf([a, pair('2')], change)).toEqual([]);
    });
    test('and reloads it when it does not run its configuration, or when they are very many', () => {
      const changed = new Map([...before, [a, pair('2')] as const]);
      expect(describePlan(plan(before, changed, [{ service: 'haproxy', reason: 'it does not answer' }])).live).toEqual([]);
      const many = (mark: string) => new Map(Array.from({ length: 101 }, (_, n) => [`/run/weir/certificates/${n}.pem`, pair(mark)]));
      expect(describePlan(plan(many('1'), many('2'))).live).toEqual([]);
    });
  });

  test('never shows a secret', () => {
    const steps = plan(
      new Map([['/run/weir/certificates/a.pem', { ...text(''), content: secret('OLD KEY') }]]),
      new Map([['/run/weir/certificates/a.pem', { ...text(''), content: secret('NEW KEY') }]]),
    );
    expect(steps).toHaveLength(2);
    const shown = `${formatPlan(describePlan(steps))}${JSON.stringify(describePlan(steps))}${JSON.stringify(steps)}`;
    expect(shown).toContain('[secret]');
    expect(shown).not.toMatch(/OLD KEY|NEW KEY/);
  });
});

describe('a kernel value', () => {
  const at = (content: string, rule?: 'at-least' | 'at-most'): Held => ({
    content,
    mode: 0o644,
    owner: 'root:root',
    ...(rule && { rule }),
  });
  test.each([
    ['8192', at('4096', 'at-least'), true],
    ['1024', at('4096', 'at-least'), false],
    ['5', at('10', 'at-most'), true],
    ['60', at('10', 'at-most'), false],
    ['8192', at('4096'), false],
    ['9223372036854775807', at('1048576', 'at-least'), true],
    ['1 2 3', at('4096', 'at-least'), false],
    ['4096 131072 33554432', at('4096 131072 16777216', 'at-least'), true],
    ['4096 65536 33554432', at('4096 131072 16777216', 'at-least'), false],
    ['4096 16060 262144', at('4096 16060 262144', 'at-most'), true],
    ['4096 16060 131072', at('4096 16060 262144', 'at-most'), true],
    ['4096 16060 524288', at('4096 16060 262144', 'at-most'), false],
  ])('that holds %s against %o', (is, wanted, enough) => {
    expect(satisfies(at(is), wanted, '/proc/sys/net/core/somaxconn')).toBe(enough);
  });

  test('is never removed, only given its value back', () => {
    expect(plan(new Map([['/proc/sys/vm/swappiness', at('10')]]), new Map())).toEqual([]);
  });
});

test('a path that no service takes up is a bug, not a silent no-op', () => {
  expect(() => serviceOf('/run/weir/new-thing.conf')).toThrow(/add it to the table/);
});

function text(content: string): Held {
  return { content, mode: 0o644, owner: 'root:root' };
}
