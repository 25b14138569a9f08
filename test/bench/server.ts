import { type Appliance, startAppliance } from '../units/appliance.ts';
import { type Figure, spread } from './figure.ts';
import { needs } from './needs.ts';

const backends = 10_000;
const turns = 7;

/** 10,000 backends of two servers each, without checks, for which a test machine may not open enough files. */
function large(): string {
  const names = Array.from({ length: backends }, (_, index) => `site${index}`);
  const servers = (index: number) =>
    [1, 2].map((each) => `s${each}: { address: "10.${10 + (index >> 8)}.${index & 255}.${each}:8080", weight: 2 }`).join(', ');
  return [
    'version: 1',
    'nodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.1/24] } } } }',
    'frontends:',
    '  web:',
    '    bind: [{ address: 192.0.2.1, port: 80 }]',
    '    use_backend:',
    ...names.map((name) => `      - { backend: ${name}, if: { host: ${name}.example } }`),
    'backends:',
    ...names.map((name, index) => `  ${name}: { check: false, servers: { ${servers(index)} } }`),
    '',
  ].join('\n');
}

/** Seconds of a command on the appliance, the start of its process included. */
async function timed({ run }: Appliance, words: readonly string[]): Promise<number> {
  const line = 'began=$(date +%s%N); "$@" >&2 && echo $(($(date +%s%N) - began))';
  const { code, stdout, stderr } = await run(['sh', '-c', line, 'timed', 'weir', ...words], { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(stderr);
  return Number(stdout) / 1e9;
}

/** One server of 10,000 backends of two, changed by the command while HAProxy serves: no worker is replaced by it. */
export async function benchServer(): Promise<readonly Figure[]> {
  needs('build/root');
  const box = await startAppliance();
  try {
    const applied = await box.run(['weir', 'apply', '-'], { input: large(), timeoutMs: 600_000 });
    if (applied.code !== 0) throw new Error(applied.stderr.slice(-2000));
    await box.settled();
    const before = await box.sh('pidof haproxy');
    const commands: Readonly<Record<string, (turn: number) => readonly string[]>> = {
      weight: (turn) => ['weight', `site${turn * 100}/s1`, '5'],
      drain: (turn) => ['drain', `site${turn * 100}/s2`],
      address: (turn) => ['address', `site${turn * 100}/s1`, `10.200.0.${turn + 1}:8080`],
    };
    const figures: Figure[] = [];
    for (const [name, words] of Object.entries(commands)) {
      const seconds: number[] = [];
      for (let turn = 0; turn < turns; turn++) seconds.push(await timed(box, ['server', ...words(turn)]));
      figures.push({
        what: `weir server ${name}, ${backends.toLocaleString('en')} backends of 2 servers`,
        figure: spread(seconds, 's'),
        wanted: '1 s',
      });
    }
    const isSame = (await box.sh('pidof haproxy')) === before;
    return [...figures, { what: '  workers of HAProxy that were replaced', figure: isSame ? 'none' : 'some', wanted: 'none' }];
  } finally {
    await box.stop();
  }
}
