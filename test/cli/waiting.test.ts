import { afterEach, expect, test, vi } from 'vitest';
import { waiting } from '../../appliance/cli/waiting.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a person at a terminal sees that something takes longer than a second, and nothing of it afterwards', () => {
  vi.useFakeTimers();
  let shown = '';
  const stderr = (text: string) => {
    shown += text;
  };
  const quick = waiting({ isTerminal: true, stderr }, 'planning');
  vi.advanceTimersByTime(900);
  quick();
  expect(shown).toBe('');
  const slow = waiting({ isTerminal: true, stderr }, 'planning');
  vi.advanceTimersByTime(2100);
  expect(shown).toBe('\rplanning: 1 s\x1b[K\rplanning: 2 s\x1b[K');
  shown = '';
  slow();
  slow();
  vi.advanceTimersByTime(5000);
  expect(shown).toBe('\r\x1b[K');
  shown = '';
  const script = waiting({ isTerminal: false, stderr }, 'planning');
  vi.advanceTimersByTime(5000);
  script();
  expect(shown).toBe('');
});
