import { knobPaths } from '../../tuning/sysctl.ts';
import { recording } from '../host/capture.ts';
import { causeOf } from '../host/cause.ts';
import { errno } from '../host/host.ts';
import { probe as probeHardware } from '../host/probe.ts';
import { textFile } from '../state/host-state.ts';
import { answer, refuseWith } from './answer.ts';
import { type Arguments, type Command, jsonOption } from './command.ts';
import { hardwareText } from './hardware-text.ts';
import { type ExitCode, exitCode, type Io } from './io.ts';

/** `weir probe`: the machine as data, on any Linux, without root. */
export const probe: Command = {
  name: 'probe',
  summary: 'describe this machine: CPUs, memory, NICs and the kernel values weir may set',
  options: [{ flags: '--capture <dir>', description: 'write the raw facts as files, for: weir tune plan --capture DIR' }, jsonOption],
  example: 'weir probe --json > hardware.json   # for: weir render --hardware hardware.json\nweir probe --capture ./lb7',
  run: async (args, io) => {
    if (typeof args.options.capture === 'string') return writeCapture(args, io, args.options.capture);
    const hardware = await probeHardware(io.host, knobPaths);
    // The bare object, so that its output is a hardware file.
    if (args.options.json) io.stdout(`${JSON.stringify(hardware, null, 2)}\n`);
    else io.stdout(hardwareText(hardware));
    return exitCode.done;
  },
};

/** Writes what a probe read, a file each, into a folder that is new or empty. */
async function writeCapture(args: Arguments, io: Io, folder: string): Promise<ExitCode> {
  const there = await io.host.list(folder).catch(() => []);
  if (there !== null && there.length > 0) return refuseWith(args, io, `${folder} is not empty`, 'name a folder that is not there yet');
  const recorder = recording(io.host);
  await probeHardware(recorder.host, knobPaths);
  const { exitCode: code, stdout } = await io.host.run('lscpu', ['-p=CPU,CORE,SOCKET,NODE,CACHE']);
  const files = new Map([...recorder.files, ...(code === 0 ? [['lscpu-p', stdout] as const] : [])]);
  try {
    for (const [name, text] of files) await io.host.writeBelow(folder, `/${name}`, textFile(text));
  } catch (error) {
    if (errno(error) === null) throw error;
    return refuseWith(args, io, `cannot write below ${folder}: ${causeOf(error, folder)}`, 'name a folder that you may write to');
  }
  answer(
    args,
    io,
    { folder, files: [...files.keys()].sort() },
    () => `${files.size} files below ${folder}; on any machine: weir tune plan --capture ${folder}\n`,
  );
  return exitCode.done;
}
