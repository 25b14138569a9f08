import type { Objection } from '../../proxy/haproxy/route/question.ts';
import type { Host } from '../host/host.ts';

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Shell: HAProxy in the foreground, ended by its process id when our standard input ends, which it does however weir ends; nothing is left that could
 * end another process of that id.
 */
const script = [
  'exec 3<&0',
  'haproxy -db -f "$1" </dev/null 3<&- & pid=$!',
  '{ cat <&3; kill "$pid"; } >/dev/null 2>&1 & watch=$!',
  'wait "$pid"; code=$?',
  'kill "$watch" 2>/dev/null',
  'exit "$code"',
].join('\n');

const shell = (folder: string): readonly string[] => ['/bin/sh', '-c', script, 'route', `${folder}/haproxy.cfg`];

/** HAProxy as a service of its own, below all traffic: without network, devices, capabilities, and with one folder to write. */
export function serviceOf(folder: string, id: string): Command {
  const properties = [
    'PrivateNetwork=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectSystem=strict',
    `ReadWritePaths=${folder}`,
    'ProtectHome=yes',
    'InaccessiblePaths=-/data',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'UMask=0077',
    'OOMScoreAdjust=900',
    'CPUWeight=10',
    // should the agent and its end of the pipe hang
    'RuntimeMaxSec=120',
  ].map((property) => `--property=${property}`);
  const options = ['--quiet', '--wait', '--pipe', '--collect', '--expand-environment=no', `--unit=weir-route-${id}`, ...properties];
  return { program: 'systemd-run', args: [...options, '--', ...shell(folder)] };
}

/**
 * HAProxy as a program of ours in a network namespace of its own, as root or as anybody where the kernel lets them (user_namespaces(7)). Where neither
 * is possible it has the machine's network and no use for it, but for scripts, which may do anything: those are refused.
 */
export async function alone(host: Host, folder: string, hasScripts: boolean): Promise<Command | Objection> {
  for (const flags of [['--net'], ['--user', '--map-current-user', '--net']]) {
    const { exitCode } = await host.run('unshare', [...flags, '--', 'true']);
    if (exitCode === 0) return { program: 'unshare', args: [...flags, '--', ...shell(folder)] };
  }
  if (hasScripts)
    return {
      message: 'the document has Lua scripts, and this machine lets nobody but root cut them off from the network',
      hint: 'be root, or ask on the appliance',
    };
  const [program = '', ...args] = shell(folder);
  return { program, args };
}
