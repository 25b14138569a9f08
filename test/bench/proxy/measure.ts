import type { Contender } from './contender.ts';
import type { Loaded } from './load.ts';

/** One round of one row for one contender. */
export interface Sample extends Loaded {
  /** What the proxy took, in seconds of CPU; null for the direct connection. */
  readonly cpuSeconds: number | null;
  /** Log lines that came to the sink; null for the direct connection. */
  readonly lines: number | null;
}

/** Does what loads a contender, and reads its account and its log before and after. */
export async function measure({ proxy }: Contender, act: () => Promise<Loaded>): Promise<Sample> {
  if (proxy === null) return { ...(await act()), cpuSeconds: null, lines: null };
  const { site, sink } = proxy;
  const [lines, seconds] = [await sink.lines(), site.account.cpuSeconds()];
  const loaded = await act();
  const cpuSeconds = site.account.cpuSeconds() - seconds;
  return { ...loaded, cpuSeconds, lines: (await sink.lines()) - lines };
}

/** A contender's samples of a row, in the order of the rounds. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** Measures everyone once a round, each round beginning with another one, so that nobody is always the first or follows the same one. */
export async function interleaved<Measured extends Sample>(
  contenders: readonly Contender[],
  rounds: number,
  act: (contender: Contender, round: number) => Promise<Measured>,
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const samples = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      samples.get(contender.name)?.push(await act(contender, round));
    }
  }
  return samples;
}

/** Requests per CPU-second of the proxy, a round each. */
export function perCpuSecond(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ requests, cpuSeconds }) => (cpuSeconds === null ? [] : [requests / cpuSeconds]));
}

/** What was no answer, of all rounds. */
export function errorsOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { errors }) => sum + errors, 0);
}

/** Requests a second, a round each. */
export function perSecond(samples: readonly Sample[]): readonly number[] {
  return samples.map(({ requests, seconds }) => requests / seconds);
}

/** Log lines that did not arrive, of the requests that were answered; what was under way at the end may make it less than nothing, which is nothing. */
export function unlogged(samples: readonly Sample[]): number {
  const logged = samples.filter(({ lines }) => lines !== null);
  const requests = logged.reduce((sum, each) => sum + each.requests, 0);
  const lines = logged.reduce((sum, each) => sum + (each.lines ?? 0), 0);
  return requests === 0 ? 0 : Math.max(0, 1 - lines / requests);
}
