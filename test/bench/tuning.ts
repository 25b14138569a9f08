import { writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { linuxHost } from '../../appliance/host/linux.ts';
import { probe } from '../../appliance/host/probe.ts';
import { knobPaths } from '../../tuning/sysctl.ts';
import { tune } from '../../tuning/tune.ts';
import { asked } from './asked.ts';
import { type Contender, startContender } from './proxy/contender.ts';
import { type Lab, untuned } from './proxy/lab.ts';
import { runLoad } from './proxy/load.ts';
import { errorsOf, interleaved, measure, perCpuSecond, perSecond } from './proxy/measure.ts';
import { prepare, withOrigin } from './proxy/origin.ts';
import { rows } from './proxy/rows.ts';
import { spreadOf } from './proxy/spread.ts';
import { aligned, spreadText } from './proxy/table.ts';
import { benchDemand, weirConfiguration } from './proxy/weir.ts';
import { cpuSplit, since } from './tuning/cpu-split.ts';
import { assignment, type Group, groupsOf, isOfNetwork, sysctlName } from './tuning/group.ts';
import { parseTuningOptions, type TuningOptions, tuningUsage } from './tuning/options.ts';
import { judge, type Measured, splitText, type Tuned } from './tuning/verdict.ts';

const kernel = 'the kernel as it comes';
const again = 'the kernel once more';
const everything = 'all of these';
const elsewhere = 'all, packets received on other CPUs';

/** What the groups of weir's tuning do to HAProxy, each beside the kernel as it comes: prints its table itself. */
export const benchTuning = asked(tuningUsage, parseTuningOptions, compare);

async function compare(options: TuningOptions): Promise<void> {
  const certificates = await prepare();
  const hardware = await probe(linuxHost(), knobPaths);
  const { knobs } = tune(hardware, 'balanced', benchDemand(certificates), {});
  const groups = groupsOf(knobs);
  await withOrigin(options.threads, certificates, async (lab) => {
    const contenders: Contender[] = [];
    try {
      process.stdout.write(
        [
          `${hardware.cpus.length} CPUs, Linux ${release()}; HAProxy: ${options.threads} threads on CPU ${lab.proxyCpus.join(',')}, all else on CPU ${lab.otherCpus.join(',')}`,
          `${options.rounds} rounds in turns of ${options.seconds} s; median (range); CPU is all that HAProxy's CPUs do: user/system/softirq in percent`,
          ...groups.map((group) => `${group.name}: ${group.knobs.map(assignment).join(', ')}`),
          `not measured here, as they are of the whole machine: ${knobs
            .filter((knob) => !isOfNetwork(knob))
            .map(sysctlName)
            .join(', ')}`,
          '',
          '',
        ].join('\n'),
      );
      const configuration = weirConfiguration(certificates);
      for (const { name, knobs: own, receivesElsewhere } of contendersOf(groups)) {
        const ground = { sysctls: [...untuned, ...own.map(assignment)], receivers: receivesElsewhere ? lab.otherCpus : null };
        contenders.push(await startContender(lab, { ...configuration, name }, 1, ground));
      }
      const measured = new Map<string, Measured>();
      for (const row of options.rows) measured.set(row, await measureRow(lab, contenders, row, options));
      process.stdout.write(tableText(options, measured));
      process.stdout.write(verdictText(groups, measured));
      if (options.json !== null) await writeFile(options.json, `${JSON.stringify(toJson(options, measured), null, 1)}\n`);
    } finally {
      for (const contender of contenders) await contender.stop();
    }
  });
}

/** Nobody's values, each group's, all, and all with the packets received beside HAProxy's CPUs instead of on them. */
function contendersOf(groups: readonly Group[]): readonly Group[] {
  const knobs = groups.flatMap((group) => group.knobs);
  return [
    { name: kernel, knobs: [] },
    { name: again, knobs: [] },
    ...groups,
    { name: everything, knobs },
    { name: elsewhere, knobs, receivesElsewhere: true },
  ];
}

function measureRow(
  lab: Lab,
  contenders: readonly Contender[],
  row: TuningOptions['rows'][number],
  options: TuningOptions,
): Promise<Measured> {
  return interleaved(contenders, options.rounds, async (contender, round) => {
    process.stderr.write(`  ${row}, round ${round + 1} of ${options.rounds}: ${contender.name}\n`);
    const before = cpuSplit(lab.proxyCpus);
    const sample = await measure(contender, () => runLoad(lab, rows[row].load, contender.address, options.seconds));
    const split = since(before, cpuSplit(lab.proxyCpus));
    return { ...sample, split, cpuSeconds: split.user + split.system + split.softirq };
  });
}

function tableText(options: TuningOptions, measured: ReadonlyMap<string, Measured>): string {
  const lines = options.rows.flatMap((row) => {
    const samples = measured.get(row) as Measured;
    const base = samples.get(kernel) ?? [];
    return [
      [rows[row].what],
      ...[...samples].map(([name, own]) => {
        const { rate, perCpu, verdict } = judge(own, base, samples.get(again) ?? []);
        const beside = name === kernel ? [] : [rate.toFixed(2), perCpu.toFixed(2), name === again ? '' : verdict];
        return [
          `  ${name}`,
          spreadText(spreadOf(perSecond(own))),
          spreadText(spreadOf(perCpuSecond(own))),
          splitText(own),
          `${errorsOf(own)}`,
          ...beside,
        ];
      }),
    ];
  });
  return `${aligned([['', 'a second', 'a CPU-second', 'CPU', 'errors', 'rate', 'for CPU', 'beside the kernel'], ...lines])}\n`;
}

/** A sentence for each group: where it is better or worse, and if nowhere, what it is there for. */
function verdictText(groups: readonly Group[], measured: ReadonlyMap<string, Measured>): string {
  const lines = [...groups, { name: everything, knobs: [] }, { name: elsewhere, knobs: [] }].map(({ name, knobs }) => {
    const judged = [...measured].map(([row, samples]) => ({
      row,
      ...judge(samples.get(name) ?? [], samples.get(kernel) ?? [], samples.get(again) ?? []),
    }));
    const telling = judged.filter(({ verdict }) => verdict !== 'no difference');
    if (telling.length > 0) return `${name}: ${telling.map(({ row, verdict }) => `${verdict} in ${row}`).join(', ')}`;
    const reasons = knobs.map((knob) => `${sysctlName(knob)} ${knob.reason}`).join('; ');
    return `${name}: no difference here${reasons === '' ? '' : `; it is set for another reason: ${reasons}`}`;
  });
  return `${lines.join('\n')}\n`;
}

function toJson(options: TuningOptions, measured: ReadonlyMap<string, Measured>) {
  const samples = [...measured].map(([row, each]) => [row, Object.fromEntries<readonly Tuned[]>(each)] as const);
  return { version: 1, options, rows: Object.fromEntries(samples) };
}
