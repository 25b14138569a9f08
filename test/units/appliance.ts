import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, type ContainerOptions, startContainer } from '../support/container.ts';
import { frontLink } from '../support/generation.ts';
import type { Answer } from '../support/root.ts';
import type { Staged } from '../support/staged.ts';

const checkout = join(import.meta.dirname, '../..');
const tools = join(checkout, 'image/rootfs/usr/lib/weir');

/** weir as this checkout has it, over what the image was built with: build/weir.mjs and the shell tools. */
const current: Staged = {
  '/usr/lib/weir/weir.mjs': { mode: 0o755, content: readFileSync(join(checkout, 'build/weir.mjs')) },
  ...Object.fromEntries(
    readdirSync(tools).map((name) => [`/usr/lib/weir/${name}`, { mode: 0o755, content: readFileSync(join(tools, name)) }]),
  ),
};

/** A document for a container with the link `front`: a VIP whose answer comes from HAProxy itself, and says `answer`. */
export function document(answer: string, more = ''): string {
  return `version: 1
${more}nodes:
  lb1: { links: { front: { mac: ${frontLink.mac}, addresses: [192.0.2.1/24], gateway: 192.0.2.254 } } }
vips: { www: { link: front, addresses: [192.0.2.100] } }
frontends:
  web:
    bind: [{ vip: www, port: 80 }]
    default_backend: app
    extra: ["http-request return status 200 content-type text/plain string ${answer}"]
backends:
  app: { servers: { app1: 192.0.2.254:8081 } }
`;
}

/** An appliance as a test sees it. */
export interface Appliance extends Container {
  /** Runs a shell line inside. */
  readonly sh: (line: string) => Promise<string>;
  /** Runs weir with a document on its standard input. */
  readonly weir: (args: readonly string[], input?: string) => Promise<Answer>;
  /** What the VIP answers to a client outside, or null. */
  readonly fetch: () => Promise<string | null>;
  /** Waits until the agent answers and nothing is under way, and gives the state it reports. */
  readonly settled: () => Promise<{
    readonly state: string;
    readonly generation: { readonly id: string } | null;
    readonly warnings: readonly string[];
    readonly drift: readonly string[];
  }>;
}

/** Boots the image's root with this checkout's weir and one link. */
export async function startAppliance(options: ContainerOptions = {}): Promise<Appliance> {
  const machine = await startContainer({ links: [frontLink], ...options, files: { ...current, ...options.files } });
  const { run, world } = machine;
  await world.run(['ip', 'address', 'replace', '192.0.2.254/24', 'dev', 'outside']);
  const sh = async (line: string) => (await run(['sh', '-c', line], { timeoutMs: 120_000 })).stdout;
  const weir = (args: readonly string[], input = '') => run(['weir', ...args], { input, timeoutMs: 120_000 });
  const settled: Appliance['settled'] = async () => {
    const limit = performance.now() + 60_000;
    while (['changing', null].includes(await stateOf(weir))) {
      if (performance.now() > limit) throw new Error(`the agent does not settle: ${await sh('journalctl -u weir-agent --no-pager -n 20')}`);
      await sleep(100);
    }
    return JSON.parse((await weir(['status', '--json'])).stdout);
  };
  const fetch = async () => {
    const { code, stdout } = await world.run(['curl', '-sS', '-m', '2', 'http://192.0.2.100/']);
    return code === 0 ? stdout : null;
  };
  await settled();
  return { ...machine, sh, weir, fetch, settled };
}

async function stateOf(weir: Appliance['weir']): Promise<string | null> {
  const { stdout } = await weir(['status', '--json']);
  try {
    return (JSON.parse(stdout) as { readonly state?: string }).state ?? null;
  } catch {
    return null;
  }
}
