import { tuneMap as mapOf } from '../../../tuning/tune-map.ts';
import { answer } from '../answer.ts';
import type { Arguments } from '../command.ts';
import { type ExitCode, exitCode, type Io } from '../io.ts';
import { ascii, drawn, mapText } from './map-text.ts';
import { findSubject } from './subject.ts';

/** `weir tune map`: from each card's queue by its interrupt to the CPU, and HAProxy's threads beside. */
export async function tuneMap(args: Arguments, io: Io): Promise<ExitCode> {
  const subject = await findSubject(args, io);
  if ('refused' in subject) return subject.refused;
  const { hardware, tuned } = subject;
  const plan = tuned.cpuPlan;
  if (plan === null) throw new Error('a machine that is known has a plan of CPUs');
  const map = mapOf(hardware, plan, new Map(tuned.knobs.map(({ path, value }) => [path, value])));
  answer(args, io, map, () => mapText(map, args.options.ascii === true ? ascii : drawn));
  return exitCode.done;
}
