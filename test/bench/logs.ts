import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { questions } from '../../appliance/cli/log-questions.ts';
import { findHeaderWords, readPasses } from '../../appliance/cli/log-reader.ts';
import type { Host } from '../../appliance/host/host.ts';
import { linuxHost } from '../../appliance/host/linux.ts';
import { imageRoot } from '../support/root.ts';
import { type Figure, spread } from './figure.ts';
import { needs } from './needs.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Numbers that look random and are the same every time (xorshift32). */
function numbers(): (below: number) => number {
  let state = 2_463_534_242;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Writes a log as rsyslog on the appliance does: 25,000 clients, 20,000 URLs, 8 servers, some errors. */
function writeLog(file: string, bytes: number, mode: 'http' | 'tcp'): void {
  const random = numbers();
  const log = openSync(file, 'w');
  const two = (value: number) => String(value).padStart(2, '0');
  const line = (ms: number): string => {
    const at = new Date(ms);
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.${at.toISOString().slice(20, 23)}`;
    const date = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}:${clock}`;
    const header = `${at.toISOString().slice(0, 23)}123+00:00 haproxy[812]: 198.51.${random(100)}.${random(250)}:${1024 + random(60_000)} [${date}]`;
    const [fate, answerMs, counts] = [random(1000), random(200), `${random(500)}/${random(400)}/${random(100)}/${random(30)}/0 0/0`];
    const server = `app${1 + random(8)}`;
    if (mode === 'tcp')
      return `${header} echo echo/${server} 1/${random(5)}/${answerMs} ${random(20_000)} ${fate < 20 ? 'CD' : '--'} ${counts}`;
    const request = `"GET /shop/${random(20_000)}/item?q=${random(100_000)} HTTP/1.1"`;
    if (fate < 10) return `${header} web shop/${server} 0/0/1/-1/30001 504 198 - - sH-- ${counts} ${request}`;
    return `${header} web shop/${server} 0/0/1/${answerMs}/${answerMs + 2} ${fate < 50 ? 404 : 200} ${random(20_000)} - - ---- ${counts} ${request}`;
  };
  let [ms, written] = [Date.UTC(2026, 10, 23), 0];
  while (written < bytes) {
    let lines = '';
    for (let count = 0; count < 5000; count++) {
      ms += random(3);
      lines += `${line(ms)}\n`;
    }
    written += writeSync(log, lines);
  }
  closeSync(log);
}

/** This machine, with the programs of the image. */
function imageHost(): Host {
  const host = linuxHost();
  return {
    ...host,
    run: (program, args, options) => host.run('chroot', [imageRoot, program, ...args], options),
    feed: (files, program, args, options) => host.feed(files, 'chroot', [imageRoot, program, ...args], options),
  };
}

/** `weir logs` over 500 MB of requests, each question three times, in turn; and over 100 MB of connections, which halog does not know. */
export async function benchLogs(): Promise<readonly Figure[]> {
  needs('build/root');
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const io = { host: imageHost(), isTerminal: false, stderr: () => {} };
  try {
    const [requests, connections] = [join(folder, 'http.log'), join(folder, 'tcp.log')];
    writeLog(requests, 500_000_000, 'http');
    writeLog(connections, 100_000_000, 'tcp');
    const asked = [
      ...Object.entries(questions).flatMap(([name, { orders }]) =>
        (orders.length === 0 ? [''] : orders).map((by) => ({ name, by, file: requests })),
      ),
      { name: 'codes', by: '', file: connections },
    ];
    const rates = asked.map(() => ({ megabytes: [] as number[], lines: [] as number[], seconds: [] as number[] }));
    for (let round = 0; round < 3; round++) {
      for (const [index, { name, by, file }] of asked.entries()) {
        const headerWords = await findHeaderWords(io, [file]);
        if (typeof headerWords !== 'number') throw new Error(`no header is found in ${file}`);
        const inquiry = questions[name]?.ask({ headerWords, span: { since: null, until: null } }, { limit: 20, by });
        const read = await readPasses(io, [file], inquiry?.passes ?? []);
        if ('message' in read) throw new Error(`${read.message}: ${read.hint}`);
        if (inquiry?.find(read.outputs).text.includes('no request')) throw new Error(`weir logs ${name} found nothing`);
        rates[index]?.megabytes.push(read.bytes / 1e3 / read.ms);
        rates[index]?.lines.push(read.lines / 1e3 / read.ms);
        rates[index]?.seconds.push(read.ms / 1000);
      }
    }
    return asked.flatMap(({ name, by, file }, index) => {
      const { megabytes = [], lines = [], seconds = [] } = rates[index] ?? {};
      const what = `weir logs ${name}${by === '' ? '' : ` --by ${by}`}${file === connections ? ', TCP' : ''}`;
      return [
        { what, figure: spread(megabytes, 'MB/s'), wanted: '' },
        { what: '  all its passes', figure: `${spread(seconds, 's')}, ${spread(lines, 'million lines/s')}`, wanted: '' },
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
