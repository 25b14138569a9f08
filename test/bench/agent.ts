import { setTimeout as sleep } from 'node:timers/promises';
import { type Appliance, document, startAppliance } from '../units/appliance.ts';
import { type Figure, spread } from './figure.ts';
import { needs } from './needs.ts';

interface Memory {
  readonly resident: number;
  readonly proportional: number;
}

/** Memory of weir-agent now, in MB. */
async function memory({ sh }: Appliance): Promise<Memory> {
  const rollup = await sh('cat /proc/$(systemctl show -P MainPID weir-agent)/smaps_rollup');
  const megabytes = (key: string) => (Number(new RegExp(`^${key}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
  return { resident: megabytes('Rss'), proportional: megabytes('Pss') };
}

/** CPU time that weir-agent has had so far, in milliseconds. */
async function cpu({ sh }: Appliance): Promise<number> {
  return Number(await sh('systemctl show -P CPUUsageNSec weir-agent')) / 1e6;
}

/** What the agent takes while nothing happens: after the first boot, and after three documents; three machines, one after the other. */
export async function benchAgent(): Promise<readonly Figure[]> {
  needs('build/root');
  const [booted, applied, idle]: [Memory[], Memory[], number[]] = [[], [], []];
  for (let round = 0; round < 3; round++) {
    const box = await startAppliance();
    try {
      await sleep(5000);
      booted.push(await memory(box));
      for (const answer of ['one', 'two', 'three']) {
        const { code, stderr } = await box.weir(['apply', '-'], document(answer));
        if (code !== 0) throw new Error(stderr);
      }
      await box.settled();
      await sleep(5000);
      applied.push(await memory(box));
      const before = await cpu(box);
      await sleep(30_000);
      idle.push((await cpu(box)) - before);
    } finally {
      await box.stop();
    }
  }
  const resident = (all: readonly Memory[]) =>
    spread(
      all.map((one) => one.resident),
      'MB',
    );
  const proportional = (all: readonly Memory[]) =>
    spread(
      all.map((one) => one.proportional),
      'MB',
    );
  return [
    { what: 'weir-agent after the first boot, resident', figure: resident(booted), wanted: '80 MB' },
    { what: '  its share of it (PSS)', figure: proportional(booted), wanted: '' },
    { what: 'weir-agent after 3 applies, resident', figure: resident(applied), wanted: '80 MB' },
    { what: '  its share of it (PSS)', figure: proportional(applied), wanted: '' },
    { what: 'weir-agent idle, CPU time in 30 s', figure: spread(idle, 'ms'), wanted: '' },
  ];
}
