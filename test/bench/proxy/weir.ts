import { load } from '../../../appliance/config/load.ts';
import { formatProblem } from '../../../appliance/config/problem.ts';
import { demandOf } from '../../../appliance/state/demand.ts';
import { desiredState } from '../../../appliance/state/desired.ts';
import type { Held } from '../../../appliance/state/host-state.ts';
import type { Demand } from '../../../tuning/demand.ts';
import { testFiles } from '../../support/cases.ts';
import type { StagedFile } from '../../support/staged.ts';
import type { Certificates } from './certificates.ts';
import { type Configuration, haproxyConfiguration, ports } from './contender.ts';
import { origins } from './lab.ts';

const config = '/run/weir/haproxy.cfg';
const linkMode = 0o120777;

function revealed(content: Held['content']): string | Uint8Array {
  if (typeof content === 'string') return content;
  if (content.reveal === undefined) throw new Error('a file that weir renders has no content');
  return content.reveal();
}

/** The document of the bench: the smallest that has what the rows ask for. */
function benchDocument(idle: string | null): string {
  const timeouts = idle === null ? '' : `\n    timeout: { client: ${idle}, http-request: ${idle}, http-keep-alive: ${idle} }`;
  return `version: 1
nodes:
  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: dhcp } } }
certificates:
  ecdsa: { pem: ecdsa.pem }
  rsa: { pem: rsa.pem }
frontends:
  web:${timeouts}
    bind:
      - { address: "*:${ports.clear}" }
      - { address: "*:${ports.ecdsa}", ssl: [ecdsa], alpn: [h2, http/1.1] }
      - { address: "*:${ports.rsa}", ssl: [rsa], alpn: [h2, http/1.1] }
    default_backend: app
backends:
  app:
    servers: { app1: "${origins[0]}:8080", app2: "${origins[1]}:8080" }
`;
}

function read(document: string, certificates: Certificates) {
  const bytes = (text: string) => Buffer.from(text);
  const pems = new Map([['ecdsa.pem', bytes(certificates.ecdsa)] as const, ['rsa.pem', bytes(certificates.rsa)] as const]);
  const files = { ...testFiles(), certificates: pems };
  const { config: loaded, problems } = load(document, { file: 'the document of the bench', files });
  if (loaded === null) throw new Error(problems.map(formatProblem).join('\n'));
  return { loaded, files };
}

/** What the bench's document asks of a machine. */
export function benchDemand(certificates: Certificates): Demand {
  return demandOf(read(benchDocument(null), certificates).loaded, 'lb1');
}

/** weir's rendering, its haproxy.cfg changed. */
export function changed(weir: Configuration, name: string, change: (text: string) => string): Configuration {
  const held = weir.files[config];
  if (typeof held !== 'object' || !('content' in held)) throw new Error('weir renders no haproxy.cfg');
  const text = change(String(held.content));
  return { ...weir, name, text, files: { ...weir.files, [config]: { ...held, content: text } } };
}

/** What weir makes of the bench's document. `idle` is how long clients may be silent where that is not to end within the measurement. */
export function weirConfiguration(certificates: Certificates, idle: string | null = null): Configuration {
  const document = benchDocument(idle);
  const { loaded, files } = read(document, certificates);
  const { state, problems: refused } = desiredState(loaded, 'lb1', null, files);
  if (refused.length > 0) throw new Error(refused.map(({ message }) => message).join('\n'));
  const rendered: Record<string, StagedFile> = {};
  for (const [path, file] of state) {
    if (file === null || !path.startsWith('/run/weir/')) continue;
    const { content, mode } = file;
    rendered[path] = mode === linkMode ? { link: String(content) } : { content: revealed(content), mode };
  }
  const text = state.get(config)?.content;
  if (typeof text !== 'string') throw new Error('weir renders no haproxy.cfg');
  const made = haproxyConfiguration('weir', config, text, rendered);
  return { ...made, text: `# config.yaml\n${document.replace(/^(?=.)/gm, '#   ')}\n${made.text}` };
}
