import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readHardware } from '../../appliance/cli/hardware.ts';
import { probe } from '../../appliance/host/probe.ts';
import type { Host } from '../../appliance/host/host.ts';
import { type Capture, replay } from './capture.ts';

const folder = join(import.meta.dirname, 'samples');
const samples = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
const guest = JSON.parse(readFileSync(join(import.meta.dirname, 'qemu-guest.json'), 'utf8')) as Capture;

/** That machine with what real ethtools and kernels said of others, as if it were its own. */
const mixed: Capture = {
  ...guest,
  files: { ...guest.files, '/proc/interrupts': samples.find(([name]) => name === 'ixgbe-2numa-interrupts.txt')?.[1] ?? '' },
  programs: {
    ...guest.programs,
    ...Object.fromEntries(
      samples.flatMap(([name, stdout], index) => {
        const flag = /ethtool-([lgckxi])-/.exec(name)?.[1];
        const nic = ['front-p0', 'front-p1', 'back', 'spare'][index % 4];
        return flag === undefined ? [] : [[`ethtool -${flag} ${nic}`, { exitCode: 0, stdout }] as const];
      }),
    ),
  },
};

const texts = [
  ...Object.keys(mixed.files).map((key) => ['files', key] as const),
  ...Object.keys(mixed.folders).map((key) => ['folders', key] as const),
  ...Object.keys(mixed.programs).map((key) => ['programs', key] as const),
];

/** What has become of an answer: it is not there, it ends in the middle, it is something else. */
const harm = fc.oneof(
  fc.constant({ kind: 'gone' as const }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('other' as const), text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('-1\n', '0-99999999999\n', '[{}]', '[null]', '99999999999999999999\n')) }),
);

test('a machine of which anything is missing, cut off or contradictory is described all the same, in a valid file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...texts), harm), { maxLength: 40 }), async (harms) => {
      const files: Record<string, string> = { ...mixed.files };
      const folders: Record<string, readonly string[]> = { ...mixed.folders };
      const programs: Record<string, { exitCode: number | null; stdout: string }> = { ...mixed.programs };
      for (const [[where, key], done] of harms) {
        const become = (text: string) => (done.kind === 'cut' ? text.slice(0, Math.floor(text.length * done.at)) : done.kind === 'other' ? done.text : '');
        if (where === 'folders') delete folders[key];
        else if (where === 'files' && done.kind === 'gone') delete files[key];
        else if (where === 'files') files[key] = become(files[key] ?? '');
        else programs[key] = { exitCode: done.kind === 'gone' ? null : 0, stdout: become(programs[key]?.stdout ?? '') };
      }
      const made = await probe(replay({ files, folders, programs }), ['/proc/sys/net/core/somaxconn']);
      const host = { readBytes: async () => new TextEncoder().encode(JSON.stringify(made)) } as Pick<Host, 'readBytes'> as Host;
      expect(await readHardware('hardware.json', { host })).toEqual(made);
    }),
    { numRuns: 60 },
  );
});
