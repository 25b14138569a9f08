import type { Figure } from './figure.ts';

/** What a group measures; `options` are the words behind the groups' names, which only `proxy` and `tuning` have. */
type Measure = (options: readonly string[]) => Promise<readonly Figure[]>;

/**
 * `npm run bench [group …]`, `npm run bench proxy -- --help`: measures and prints; asserts nothing, for these machines are noisy. A group is loaded when it is
 * run, for some need what others do without.
 */
const groups: Readonly<Record<string, () => Promise<Measure>>> = {
  start: async () => (await import('./start.ts')).benchStart,
  document: async () => (await import('./document.ts')).benchDocument,
  haproxy: async () => (await import('./haproxy.ts')).benchHaproxy,
  reload: async () => (await import('./reload.ts')).benchReload,
  proxy: async () => (await import('./proxy.ts')).benchProxy,
  tuning: async () => (await import('./tuning.ts')).benchTuning,
  logs: async () => (await import('./logs.ts')).benchLogs,
  capacity: async () => (await import('./capacity.ts')).benchCapacity,
  server: async () => (await import('./server.ts')).benchServer,
  agent: async () => (await import('./agent.ts')).benchAgent,
  isolation: async () => (await import('./isolation.ts')).benchIsolation,
  image: async () => (await import('./image.ts')).benchImage,
  boot: async () => (await import('./boot.ts')).benchBoot,
  guest: async () => (await import('./guest.ts')).benchGuest,
};

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const wanted = firstOption < 0 ? words : words.slice(0, firstOption);
const options = firstOption < 0 ? [] : words.slice(firstOption);
const unknown = wanted.filter((name) => !(name in groups));
if (unknown.length > 0) refuse(`no such group: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`);
if (options.length > 0 && !['proxy', 'tuning'].includes(wanted.join()))
  refuse('only the groups proxy and tuning have options: npm run bench proxy -- --help');

for (const [name, load] of Object.entries(groups)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring: ${name} …\n`);
  try {
    const run = await load();
    for (const { what, figure, wanted: limit } of await run(options)) {
      process.stdout.write(`${what.padEnd(56)} ${figure}${limit === '' ? '' : `   [wanted: ${limit}]`}\n`);
    }
  } catch (error) {
    // A group that lacks what it measures must not keep the others from being measured.
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
