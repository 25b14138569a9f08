import { benchAgent } from './agent.ts';
import { benchBoot } from './boot.ts';
import { benchDocument } from './document.ts';
import type { Figure } from './figure.ts';
import { benchImage } from './image.ts';
import { benchIsolation } from './isolation.ts';
import { benchLogs } from './logs.ts';
import { benchProxy } from './proxy.ts';
import { benchStart } from './start.ts';

/** `npm run bench [group …]`: measures and prints; asserts nothing, for these machines are noisy. */
const groups: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  start: benchStart,
  document: benchDocument,
  proxy: benchProxy,
  logs: benchLogs,
  agent: benchAgent,
  isolation: benchIsolation,
  image: benchImage,
  boot: benchBoot,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in groups));
if (unknown.length > 0) {
  process.stderr.write(`no such group: ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}\n`);
  process.exit(2);
}
for (const [name, run] of Object.entries(groups)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`measuring: ${name} …\n`);
  try {
    for (const { what, figure, wanted: limit } of await run()) {
      process.stdout.write(`${what.padEnd(56)} ${figure}${limit === '' ? '' : `   [wanted: ${limit}]`}\n`);
    }
  } catch (error) {
    // A group that lacks what it measures must not keep the others from being measured.
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
