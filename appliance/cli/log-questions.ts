import { STATUS_CODES } from 'node:http';
import { connectionTally, errorTally } from '../../proxy/haproxy/log-tally.ts';
import {
  type Count,
  halogArguments,
  otherLinesArguments,
  parseCounts,
  parsePercentiles,
  parseServers,
  parseUrls,
  type Reading,
} from '../../proxy/haproxy/logs.ts';
import { explainCookie, explainTermination } from '../../proxy/haproxy/termination.ts';
import type { Pass } from './log-reader.ts';
import { codesText, errorsText, serversText, slowText, topText } from './log-text.ts';

/** What is found, as data for scripts and as text for people. */
export interface Finding {
  readonly json: object;
  readonly text: string;
}

/** A question about a log: the passes of halog that it takes, and what their outputs, in that order, say. */
export interface Inquiry {
  readonly passes: readonly Pass[];
  readonly find: (outputs: readonly string[]) => Finding;
}

/** How much is wanted, and by which order. */
export interface Wanted {
  readonly limit: number;
  /** One of the question's orders. */
  readonly by: string;
}

/** A question that can be asked: its orders, the first being the usual one; none where there is but one. */
export interface Question {
  readonly orders: readonly string[];
  readonly ask: (reading: Reading, wanted: Wanted) => Inquiry;
}

/** halog's arguments for each order of URLs, and for clients. */
const topOutput: Readonly<Record<string, readonly string[]>> = {
  requests: ['-uc'],
  errors: ['-e', '-uc'],
  time: ['-ut'],
  bytes: ['-ubt'],
  clients: ['-ic'],
};
const slowOutput: Readonly<Record<string, string>> = { average: '-ua', served: '-uao', total: '-ut' };

/** Which percentiles are shown of the thousand that halog has. */
const percents = [50, 90, 95, 99, 99.9, 100];

/** All questions by name. */
export const questions: Readonly<Record<string, Question>> = {
  top: {
    orders: Object.keys(topOutput),
    ask: (reading, { limit, by }) => {
      const isByClient = by === 'clients';
      const tally = connectionTally(reading);
      const passes = [{ args: halogArguments(reading, [...(topOutput[by] ?? []), '-m', `${limit}`]) }];
      return {
        passes: isByClient ? [...passes, { args: otherLinesArguments(reading), take: tally.add }] : passes,
        find: ([output = '']) => {
          const counts = parseUrls(output);
          if (!isByClient) return { json: { by, urls: counts }, text: topText(counts, by) };
          const clients = counts.map(({ name, requests, totalBytes }) => ({ client: name, requests, totalBytes }));
          const { clients: all, uncounted } = tally.end();
          const tcp = all.slice(0, limit).map(({ code, count }) => ({ client: code, connections: count }));
          return { json: { by, clients, tcp, uncounted }, text: topText(counts, by, tcp, uncounted) };
        },
      };
    },
  },
  errors: {
    orders: [],
    ask: (reading, { limit }) => {
      const tally = errorTally(reading);
      return {
        passes: [
          { args: halogArguments(reading, ['-e']), take: tally.add },
          { args: otherLinesArguments(reading), take: tally.add },
        ],
        find: () => {
          const { errors, uncounted } = tally.end();
          const explained = errors.map((error) => ({
            ...error,
            means: error.termination === null ? error.message : explainTermination(error.termination),
          }));
          const total = errors.reduce((sum, { count }) => sum + count, uncounted);
          return {
            json: { errors: explained.slice(0, limit), kinds: errors.length, total },
            text: errorsText(errors, limit, total),
          };
        },
      };
    },
  },
  slow: {
    orders: Object.keys(slowOutput),
    ask: (reading, { limit, by }) => ({
      passes: [{ args: halogArguments(reading, ['-pct']) }, { args: halogArguments(reading, [slowOutput[by] ?? '', '-m', `${limit}`]) }],
      find: ([times = '', output = '']) => {
        const all = parsePercentiles(times);
        const percentiles = percents.flatMap((percent) => all.find((one) => one.percent === percent) ?? []);
        const urls = parseUrls(output);
        return { json: { by, percentiles, urls }, text: slowText(percentiles, urls, by) };
      },
    }),
  },
  codes: {
    orders: [],
    ask: (reading, { limit }) => {
      const tally = connectionTally(reading);
      return {
        passes: [
          ...['-st', '-tc', '-cc'].map((output) => ({ args: halogArguments(reading, [output]) })),
          { args: otherLinesArguments(reading), take: tally.add },
        ],
        find: ([status = '', ends = '', cookies = '']) => {
          const { terminations, refused } = tally.end();
          const explained = (counts: readonly Count[], explain: (code: string) => string) => {
            const total = counts.reduce((sum, { count }) => sum + count, 0);
            return counts.slice(0, limit).map(({ code, count }) => ({ code, count, share: count / total, means: explain(code) }));
          };
          const all = [parseCounts(status), parseCounts(ends), parseCounts(cookies), terminations] as const;
          const found = {
            status: explained(all[0], (code) => (code === '-1' ? 'no status was sent' : (STATUS_CODES[code] ?? ''))),
            terminations: explained(all[1], explainTermination),
            cookies: explained(all[2], explainCookie),
            tcpTerminations: explained(all[3], explainTermination),
            refused,
            left: all.reduce((sum, counts) => sum + Math.max(0, counts.length - limit), 0),
          };
          return { json: found, text: codesText(found) };
        },
      };
    },
  },
  servers: {
    orders: [],
    ask: (reading, { limit }) => {
      const tally = connectionTally(reading);
      return {
        passes: [{ args: halogArguments(reading, ['-srv']) }, { args: otherLinesArguments(reading), take: tally.add }],
        find: ([output = '']) => {
          const http = parseServers(output);
          const tcp = tally.end().servers;
          const found = { http: http.slice(0, limit), tcp: tcp.slice(0, limit), of: { http: http.length, tcp: tcp.length } };
          return { json: found, text: serversText(found) };
        },
      };
    },
  },
};
