import { noDocument } from '../../../tuning/demand.ts';
import type { Hardware } from '../../../tuning/hardware.ts';
import type { Profile } from '../../../tuning/profile.ts';
import { knobPaths } from '../../../tuning/sysctl.ts';
import { type Asked, type Tuned, tune } from '../../../tuning/tune.ts';
import { sockets } from '../../agent/sockets.ts';
import { readCapture } from '../../host/capture.ts';
import { probe } from '../../host/probe.ts';
import { answerMs, askAgent } from '../agent-client.ts';
import { refuse, refuseWith } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { readDocument } from '../document.ts';
import { readHardware } from '../hardware.ts';
import type { ExitCode, Io } from '../io.ts';
import { nodeOf } from '../render.ts';

/** What a verb of `weir tune` is about: a machine, what is asked of it, and what the planner makes of both. */
export interface Subject {
  readonly hardware: Hardware;
  /** Whether the machine is this one, so that its values can be looked at. */
  readonly isHere: boolean;
  readonly asked: Asked;
  readonly tuned: Tuned;
  /** What a capture did not tell, or told wrongly, with its file. */
  readonly notes: readonly string[];
}

const profiles: readonly Profile[] = ['balanced', 'throughput', 'latency', 'many-connections'];

/** Finds the machine (`--capture`, `--hardware`, else this one) and the document (`--config`, else the confirmed one of this machine, else none). */
export async function findSubject(args: Arguments, io: Io): Promise<Subject | { readonly refused: ExitCode }> {
  const machine = await findMachine(args, io);
  if ('refused' in machine) return machine;
  const asked = await findAsked(args, io, machine.isHere);
  if ('refused' in asked) return asked;
  const tuned = tune(machine.hardware, asked.profile, asked.demand, asked.overrides, asked.links);
  return { ...machine, asked, tuned };
}

type Machine = Pick<Subject, 'hardware' | 'isHere' | 'notes'>;

async function findMachine(args: Arguments, io: Io): Promise<Machine | { readonly refused: ExitCode }> {
  const { capture, hardware: file } = args.options;
  if (typeof capture === 'string' && typeof file === 'string')
    return { refused: refuseWith(args, io, '--capture and --hardware describe two machines', 'say one of them') };
  if (typeof capture === 'string') {
    const read = await readCapture(io.host, capture);
    if ('message' in read) return { refused: refuseWith(args, io, read.message, read.hint) };
    // without any of the kernel's values there is nothing to say about which it has
    const hasValues = (await io.host.list(`${capture}/proc/sys`).catch(() => null)) !== null;
    return { hardware: await probe(read.host, hasValues ? knobPaths : []), isHere: false, notes: read.notes };
  }
  if (typeof file !== 'string') return { hardware: await probe(io.host, knobPaths), isHere: true, notes: [] };
  const read = await readHardware(file, io);
  return 'message' in read ? { refused: refuseWith(args, io, read.message, read.hint) } : { hardware: read, isHere: false, notes: [] };
}

async function findAsked(args: Arguments, io: Io, isHere: boolean): Promise<Asked | { readonly refused: ExitCode }> {
  const said = args.options.profile;
  if (said !== undefined && !profiles.includes(said as Profile))
    return { refused: refuseWith(args, io, `there is no profile "${String(said)}"`, `there is: ${profiles.join(', ')}`) };
  const profile = said as Profile | undefined;
  const none: Asked = { profile: profile ?? 'balanced', demand: noDocument, overrides: {}, links: {} };
  const text = typeof args.options.config === 'string' || !isHere ? null : await confirmedText();
  if (typeof args.options.config !== 'string' && text === null) return none;
  const document =
    text === null
      ? await readDocument({ ...args, positional: [] }, io)
      : await readDocument({ ...args, positional: ['-'] }, { ...io, stdin: async () => text });
  if ('refused' in document) return document;
  const { config, problems } = document;
  if (config === null) return { refused: refuse(args, io, problems) };
  const node = nodeOf(Object.keys(config.nodes), args.options.node);
  if ('message' in node) return { refused: refuseWith(args, io, node.message, node.hint) };
  const { askedOf } = await import('../../state/desired.ts');
  const asked = askedOf(config, node.name);
  return profile === undefined ? asked : { ...asked, profile };
}

/** The confirmed document of this machine, where an agent is there and lets us read it. */
async function confirmedText(): Promise<string | null> {
  const answered = await askAgent(sockets.agent, 'GET', '/config', null, { timeoutMs: answerMs });
  const body = answered.kind === 'unreachable' || answered.status !== 200 ? null : (answered.lines[0] as { readonly config?: unknown });
  return typeof body?.config === 'string' ? body.config : null;
}
