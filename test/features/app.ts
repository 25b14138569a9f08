import type { Answered } from '../support/haproxy-peer.ts';
import { servers, vips } from '../support/netns.ts';
import type { Stage } from './proof.ts';

/** A frontend on port 80 before one backend, `app`, which is given as its lines of YAML, indented by four; then further lines of the document. */
export function app(backend: string, rest = '', frontend = ''): string {
  return `
frontends:
  web:
    bind: [{ address: "*:80" }]
    default_backend: app
${frontend}
backends:
  app:
    check: false
${backend}
${rest}`;
}

/** The first servers outside, for a backend: all of them, or as many. */
export function serversOf(count = 3): string {
  const some = (['app1', 'app2', 'app3'] as const).slice(0, count).map((name) => `${name}: ${servers[name]}:8080`);
  return `    servers: { ${some.join(', ')} }`;
}

/** What a server got to see. */
export function seen(body: string): Answered {
  try {
    return JSON.parse(body) as Answered;
  } catch {
    throw new Error(`not from a server: ${body.slice(0, 200)}`);
  }
}

/** Asks for a path and answers which server took it. */
export async function serverOf({ peer }: Stage, path: string, more: Partial<Parameters<Stage['peer']['ask']>[0]> = {}): Promise<string> {
  return seen((await peer.ask({ address: vips.main, port: 80, path, ...more })).body).server;
}

/** Asks for paths one after the other and answers which server took each. */
export async function serversFor(
  stage: Stage,
  paths: readonly string[],
  more: Parameters<typeof serverOf>[2] = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) found.push(await serverOf(stage, path, more));
  return found;
}

/** Numbered texts: `numbered(3, (n) => `/${n}`)`. */
export function numbered<Value>(count: number, make: (number: number) => Value): readonly Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
