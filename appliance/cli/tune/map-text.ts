import { speedText } from '../../../tuning/nic-situation.ts';
import { formatNumberList } from '../../../tuning/number-list.ts';
import type { NicMap, NodeMap, QueueMap, TuneMap } from '../../../tuning/tune-map.ts';
import { wrap } from '../wrap.ts';

/** The strokes of a picture: the console's own, or ASCII. */
export interface Strokes {
  readonly wire: string;
  readonly tee: string;
  readonly end: string;
  readonly bar: string;
  readonly rule: string;
}

/** Glyphs that the Linux console's font has. */
export const drawn: Strokes = { wire: '──', tee: '├', end: '└', bar: '│', rule: '─' };

/** For terminals and files that take nothing else. */
export const ascii: Strokes = { wire: '--', tee: '|', end: '`', bar: '|', rule: '-' };

const width = 80;

/** A map in at most 80 columns: nodes, in each its cards with queue, interrupt and CPU, then HAProxy's threads. A `!` marks what is otherwise than planned. */
export function mapText({ nodes, conflicts }: TuneMap, strokes: Strokes): string {
  return [
    ...nodes.flatMap((node) => [...nodeLines(node, nodes.length > 1, strokes), '']),
    ...(conflicts.length === 0 ? [] : conflictLines(conflicts)),
  ].join('\n');
}

/** Conflicts told each; more are counted. */
const told = 12;

function conflictLines(conflicts: readonly string[]): readonly string[] {
  const shown = conflicts
    .slice(0, told)
    .flatMap((one) => wrap(one, width, '  ').map((line, index) => (index === 0 ? `! ${line.trim()}` : line)));
  return [...shown, ...(conflicts.length > told ? [`! and ${conflicts.length - told} more`] : []), ''];
}

function nodeLines(node: NodeMap, isOneOfMany: boolean, strokes: Strokes): readonly string[] {
  const title = `${isOneOfMany ? `node ${node.id}` : 'machine'}: ${counted(node.cores, 'core')}, ${counted(node.cpus.length, 'CPU')}`;
  const caches = node.caches.length < 2 ? '' : `caches ${node.caches.map((cache) => `[${formatNumberList(cache)}]`).join(' ')}`;
  const blocks = [...node.nics.map((nic) => nicLines(nic, strokes)), ...(node.threads.length === 0 ? [] : [threadLines(node, strokes)])];
  const idle = node.idle.length === 0 ? [] : [[`nothing is planned for CPU ${formatNumberList(node.idle)}`]];
  const all = [...blocks, ...idle];
  return [
    `${title} ${strokes.rule.repeat(Math.max(0, width - title.length - 1))}`,
    ...(caches === '' ? [] : wrap(caches, width, `${strokes.bar} `)),
    ...all.flatMap((lines, index) => {
      const isEnd = index === all.length - 1;
      return lines.map((line, at) =>
        at === 0 ? `${isEnd ? strokes.end : strokes.tee}${strokes.rule} ${line}` : `${isEnd ? ' ' : strokes.bar}  ${line}`,
      );
    }),
  ];
}

function nicLines({ name, driver, bus, speedMbit, queues, why }: NicMap, strokes: Strokes): readonly string[] {
  const speed = speedMbit === null ? [] : [speedText(speedMbit)];
  const head = [name, driver ?? 'unknown driver', bus, ...speed].join('  ');
  if (why !== null) return [head, ...wrap(why, width - 6, '  ')];
  const rows = foldQueues(queues);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row.cells[column]?.length ?? 0)));
  return [
    head,
    ...rows.map(({ cells: [queue = '', irq = '', cpu = ''], isConflict }) =>
      `  ${queue.padEnd(widths[0] ?? 0)} ${strokes.wire} ${irq.padEnd(widths[1] ?? 0)} ${strokes.wire} ${cpu}${isConflict ? '  !' : ''}`.trimEnd(),
    ),
  ];
}

function threadLines({ threads }: NodeMap, strokes: Strokes): readonly string[] {
  return [
    'HAProxy',
    ...threads.map(({ group, count, cpus }) =>
      group === null
        ? `  ${counted(count, 'thread')} ${strokes.wire} float over CPU ${formatNumberList(cpus)}`
        : `  ${counted(count, 'thread')} of group ${group} ${strokes.wire} CPU ${formatNumberList(cpus)}`,
    ),
  ];
}

interface Row {
  readonly cells: readonly string[];
  readonly isConflict: boolean;
}

/** Queues that go up together by one (queue, interrupt, CPU) are one row; so are those that go nowhere but where all may. */
function foldQueues(queues: readonly QueueMap[]): readonly Row[] {
  const runs: QueueMap[][] = [];
  for (const queue of queues) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && follows(last, queue, run)) run.push(queue);
    else runs.push([queue]);
  }
  return runs.map((run) => {
    const [first, last] = [run[0] as QueueMap, run.at(-1) as QueueMap];
    const span = (from: number, to: number) => (from === to ? `${from}` : `${from}-${to}`);
    return {
      cells: [`${first.serves} ${span(first.queue, last.queue)}`, `irq ${span(first.irq, last.irq)}`, cpuText(run)],
      isConflict: run.some(({ isConflict }) => isConflict),
    };
  });
}

function follows(last: QueueMap, next: QueueMap, run: readonly QueueMap[]): boolean {
  if (next.serves !== last.serves || next.queue !== last.queue + 1 || next.irq !== last.irq + 1 || next.isConflict !== last.isConflict)
    return false;
  const step = stepOf(last, next);
  return step !== null && (run.length === 1 || step === stepOf(run[0] as QueueMap, run[1] as QueueMap));
}

/** How far the CPU of the next queue is: 0 or 1; null for anything else. */
function stepOf({ goesTo: a, planned: p }: QueueMap, { goesTo: b, planned: q }: QueueMap): number | null {
  const [from, to] = [a?.length === 1 ? a[0] : p, b?.length === 1 ? b[0] : q];
  if ((a?.length ?? 1) !== 1 || (b?.length ?? 1) !== 1) return JSON.stringify(a) === JSON.stringify(b) && q === p ? 0 : null;
  if (from == null || to == null) return null;
  const step = to - from;
  return step === 0 || step === 1 ? step : null;
}

function cpuText(run: readonly QueueMap[]): string {
  const [first, last] = [run[0] as QueueMap, run.at(-1) as QueueMap];
  if (first.goesTo === null)
    return first.planned === null ? 'CPU not known' : `CPU ${formatNumberList(run.flatMap(({ planned }) => planned ?? []))} planned`;
  const now = `CPU ${formatNumberList(first.goesTo.length === 1 ? run.flatMap(({ goesTo }) => goesTo ?? []) : first.goesTo)}`;
  const wish =
    first.planned === null || !first.isConflict
      ? ''
      : `, planned ${first.planned === last.planned ? first.planned : `${first.planned} to ${last.planned}`}`;
  return `${now}${wish}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
