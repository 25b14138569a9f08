import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ethtoolWrite } from '../../appliance/host/key/ethtool-field.ts';
import type { KeyHost } from '../../appliance/host/key.ts';

test('what a real driver refused is told by its own reason, not only by the errno', async () => {
  const sample = readFileSync(join(import.meta.dirname, '../hosts/samples/ice-e810-ethtool-L-errors.txt'), 'utf8');
  // what it was asked, and what it said
  const said = new Map(
    [...sample.matchAll(/^\$ (ethtool -L eth0 combined \d+).*\n((?:[^$].*\n)+)/gm)].map(([, call, text]) => [call, text ?? '']),
  );
  const host: Pick<KeyHost, 'run'> = {
    run: async (program, args) => {
      const stderr = said.get([program, ...args].join(' ')) ?? 'not in the sample';
      return { exitCode: stderr === 'OK\n' ? 0 : 1, stdout: '', stderr, timedOut: false };
    },
  };
  const set = (queues: string) =>
    ethtoolWrite(host as KeyHost, { name: 'eth0' } as Parameters<typeof ethtoolWrite>[1], 'channels/combined', queues, {});
  await expect(set('16')).rejects.toMatchObject({ code: 'EBUSY' });
  await expect(set('40')).rejects.toMatchObject({ code: 'ERANGE', message: expect.stringContaining('exceeds maximum (offset 36)') });
  await set('32');
});
