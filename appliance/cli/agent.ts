import { sockets } from '../agent/sockets.ts';
import { places } from '../apply/places.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { answerMs, askAgent } from './agent-client.ts';
import { refuseWith } from './answer.ts';
import type { Command } from './command.ts';
import { exitCode } from './io.ts';

/** `weir agent`: the daemon, as weir-agent.service starts it. */
export const agent: Command = {
  name: 'agent',
  summary: 'be the daemon that keeps this machine as its document says (started by systemd)',
  options: [],
  example: 'systemctl status weir-agent',
  run: async (args, io) => {
    if ((await io.host.read(places.activate)) === null)
      return refuseWith(args, io, 'this machine is not a weir appliance', 'validate, schema, render and probe work on any machine');
    // Its sockets would be taken from it.
    const other = await askAgent(sockets.status, 'GET', '/status', null, { timeoutMs: answerMs });
    if (other.kind === 'answered')
      return refuseWith(args, io, 'the agent of this machine runs already', 'systemctl restart weir-agent starts it anew');
    const [{ runAgent }, { probe }, { knobPaths }] = await Promise.all([
      import('../agent/agent.ts'),
      import('../host/probe.ts'),
      import('../../tuning/sysctl.ts'),
    ]);
    try {
      await runAgent(io.host, { write: io.stdout, version: io.version, probe: () => probe(io.host, knobPaths), signal: io.ending() });
      return exitCode.done;
    } catch (error) {
      if (errno(error) !== 'EACCES' && errno(error) !== 'EPERM') throw error;
      return refuseWith(args, io, `the agent lacks the rights that it needs: ${causeOf(error)}`, 'as root: systemctl start weir-agent');
    }
  },
};
