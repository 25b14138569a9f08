import type { Hardware } from '../../tuning/hardware.ts';
import type { Config, Node } from '../config/config.ts';
import { nicAddresses, portsOf } from '../state/nics.ts';

/** Which node of a document a machine is, or why it cannot be said. */
export type NodeName = { readonly kind: 'node'; readonly name: string } | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Which node of the document this machine is: the one it is told to be, else the only one all of whose NICs are here. A machine that is none, or could be
 * several, is not guessed.
 */
export function nodeName(config: Config, told: string | null, hardware: Hardware): NodeName {
  const names = Object.keys(config.nodes);
  if (told !== null) {
    if (names.includes(told)) return { kind: 'node', name: told };
    return {
      kind: 'unknown',
      reason: `this machine is the node "${told}", and the document has ${list(names)}: name it there, or change /data/weir/node`,
    };
  }
  const here = nicAddresses(hardware);
  const missing = names.map((name) => ({ name, ports: ports(config.nodes[name] as Node).filter((port) => !here.has(port)) }));
  const whole = missing.filter(({ name, ports: absent }) => absent.length === 0 && ports(config.nodes[name] as Node).length > 0);
  const [only, ...others] = whole;
  if (only !== undefined && others.length === 0) return { kind: 'node', name: only.name };
  if (only !== undefined) {
    return {
      kind: 'unknown',
      reason: `this machine could be any of ${list(whole.map(({ name }) => name))}: write its name into a file "node" beside the document`,
    };
  }
  const why = missing.map(({ name, ports: absent }) => (absent.length === 0 ? `${name} names no NIC` : `${name} has ${absent.join(', ')}`));
  const nics = hardware.nics.map(({ name, mac }) => `${name} ${mac}`).join(', ') || 'none';
  return {
    kind: 'unknown',
    reason: `this machine is no node of the document, whose NICs are not here (${why.join('; ')}); its own are: ${nics}`,
  };
}

/** MAC and PCI addresses of every NIC that a node has. */
function ports({ links }: Node): readonly string[] {
  return Object.values(links).flatMap((link) => portsOf(link).map(({ port }) => port));
}

function list(names: readonly string[]): string {
  return names.length === 1 ? `"${names[0]}"` : names.map((name) => `"${name}"`).join(', ');
}
