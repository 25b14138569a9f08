import type { Command } from './command.ts';
import { exitCode } from './io.ts';

/** `weir agent`: the daemon, as weir-agent.service starts it. */
export const agent: Command = {
  name: 'agent',
  summary: 'be the daemon that keeps this machine as its document says (started by systemd)',
  options: [],
  example: 'systemctl status weir-agent',
  run: async (_args, io) => {
    const [{ runAgent }, { probe }, { knobPaths }] = await Promise.all([
      import('../agent/agent.ts'),
      import('../host/probe.ts'),
      import('../../tuning/sysctl.ts'),
    ]);
    await runAgent(io.host, { write: io.stdout, version: io.version, probe: () => probe(io.host, knobPaths), signal: io.ending() });
    return exitCode.done;
  },
};
