import { expect, test } from 'vitest';
import { weir } from '../weir.ts';

test('a machine that nobody tuned is told what does not hold, and what was counted', async () => {
  const { code, stdout } = await weir('tune', 'verify', '--traffic', '1s', '--json');
  const { isGood, values, differing, findings } = JSON.parse(stdout);
  expect({ code, isGood }).toEqual(differing.length === 0 ? { code: 0, isGood: true } : { code: 1, isGood: false });
  expect(values).toBeGreaterThan(3);
  expect(findings.map(({ kind }: { kind: string }) => kind)).toContain('good');
});

test('what differs is a line each, in 80 columns', async () => {
  const { stdout } = await weir('tune', 'verify');
  expect(stdout).toMatch(/^\d+ of \d+ values hold\n/);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each(['0s', 'soon', '2h', '99999m'])('a look of %s is refused', async (time) => {
  expect(await weir('tune', 'verify', '--traffic', time)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is no time from 1s to 60m'),
  });
});
