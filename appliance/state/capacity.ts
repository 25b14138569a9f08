import { type Capacity, count, inGigabytes, type LimitKind } from '../../tuning/capacity.ts';

const labels: Readonly<Record<LimitKind, string>> = {
  memory: 'memory, all busy',
  'idle-memory': 'memory, all idle',
  files: 'open files',
  'source-ports': 'source ports',
};

const bounds: Readonly<Record<LimitKind, string>> = {
  memory: 'memory',
  'idle-memory': 'memory',
  files: 'open files',
  'source-ports': 'source ports',
};

/** The sessions that are asked, and those that a machine carries, as a few lines for a terminal; nothing where the machine is not known. */
export function formatCapacity(capacity: Capacity | null): string {
  if (capacity === null) return '';
  const { maxconn, possible, practical, bound, kernelBytes, limits } = capacity;
  const width = Math.max(...limits.map(({ sessions }) => count(sessions).length));
  return [
    `sessions: ${askedWords(capacity)}; HAProxy takes ${count(maxconn)}`,
    ...limits.map(({ kind, sessions, arithmetic }) => `  ${labels[kind].padEnd(16)}  ${count(sessions).padStart(width)}  ${arithmetic}`),
    `  carries ${count(possible)} busy ones, bound by ${bounds[bound]}; plan for half of that, ${count(practical)}`,
    `  with ${count(maxconn)} busy, ${inGigabytes(kernelBytes)} are left for the kernel and its sockets' buffers`,
    '',
  ].join('\n');
}

/** Frontends named before the rest are counted. */
const named = 3;

function askedWords({ asked, takesRest }: Capacity): string {
  if (asked.length === 0) return 'as many as there are';
  const total = asked.reduce((sum, { maxconn }) => sum + maxconn, 0);
  const most = asked.slice(0, named).map(({ frontend, maxconn }) => (asked.length === 1 ? frontend : `${frontend} ${count(maxconn)}`));
  const others = asked.length > named ? [`${count(asked.length - named)} more`] : [];
  return `${count(total)} asked (${[...most, ...others].join(', ')})${takesRest ? ', and by others what is left' : ''}`;
}
