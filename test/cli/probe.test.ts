import { expect, test } from 'vitest';
import { weir } from './weir.ts';

test('what is printed for scripts is a hardware file, of any machine and without root', async () => {
  const { code, stdout } = await weir('probe', '--json');
  expect({ code, hardware: JSON.parse(stdout) }).toMatchObject({ code: 0, hardware: { version: 1, nodes: [{ id: 0 }] } });
});

test('without --json a person reads it', async () => {
  const { code, stdout } = await weir('probe');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^kernel +\d+\.\d+.*\nCPUs +\d+ \(/);
});
