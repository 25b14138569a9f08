import { gzipSync } from 'node:zlib';
import { answering, loadOn, startDemo } from '../support/demo.ts';
import { bootGuest } from '../support/qemu.ts';
import { type Figure, spread } from './figure.ts';
import { needs } from './needs.ts';

const backends = 10_000;

/** The demo's document with `backends` more of two checked servers each, all of which are one program of the guest; `weight` makes it another document. */
function large(document: string, weight: number): string {
  const names = Array.from({ length: backends }, (_, index) => `site${index}`);
  const sites = [
    '  sites:',
    '    bind: [{ vip: www, port: 8080 }]',
    '    use_backend:',
    ...names.map((name) => `      - { backend: ${name}, if: { host: ${name}.example } }`),
  ];
  const check = 'check: { GET: /healthz, expect: { status: 200 }, inter: 15m }';
  const servers = (index: number) =>
    [1, 2].map((each) => `s${each}: { address: "127.${10 + (index >> 8)}.${index & 255}.${each}:9000", weight: ${weight} }`).join(', ');
  const more = names.map((name, index) => `  ${name}: { ${check}, servers: { ${servers(index)} } }`);
  return document
    .replace(/^frontends:\n/m, (line) => `${line}${sites.join('\n')}\n`)
    .replace(/^backends:\n/m, (line) => `${line}${more.join('\n')}\n`);
}

/**
 * Two applies of 10,000 backends of two checked servers each to the image in a guest, which may open as many files as that takes, under the requests of
 * a client: the second one changes all of them, and HAProxy reloads with its checks running.
 */
export async function benchGuest(): Promise<readonly Figure[]> {
  needs('build/weir.qcow2');
  const demo = await startDemo();
  const guest = await bootGuest({ volume: demo.volume, forward: { vip: demo.vip }, memoryMb: 4096 });
  try {
    if ((await answering(guest.port('vip'), 2, 300_000)).length < 2)
      throw new Error(`the guest does not serve: ${guest.said().slice(-2000)}`);
    await guest.waitFor(/login: /);
    const origin = 'require("node:http").createServer((_, response) => response.end("ok")).listen(9000, "0.0.0.0")';
    const started = await guest.run(['systemd-run', '--unit=origin', '--property=LimitNOFILE=65536', 'node', '-e', origin]);
    if (started.code !== 0) throw new Error(started.stderr);
    // few enough to leave an emulated machine its time
    const traffic = loadOn(guest.port('vip'), { clients: 1, pauseMs: 100 });
    const seconds: number[] = [];
    for (const weight of [1, 2]) {
      const began = performance.now();
      // packed, and without the diff: a line of a megabyte takes a serial port a minute
      const input = gzipSync(large(demo.document, weight)).toString('base64');
      const command = 'base64 -d | gunzip | weir apply - 2>&1 >/dev/null | tail -n 20';
      const { stdout } = await guest.run(['sh', '-c', command], { input, timeoutMs: 900_000 });
      if (!stdout.includes('confirmed: generation')) throw new Error(stdout.slice(-3000));
      seconds.push((performance.now() - began) / 1000);
      process.stderr.write(`  applied in ${seconds.at(-1)?.toFixed(0)} s\n`);
    }
    const { asked, lost } = await traffic.stop();
    const { stdout: counted } = await guest.run([
      'sh',
      '-c',
      'echo "show stat" | socat -t 20 - UNIX-CONNECT:/run/weir/haproxy.sock | cut -d, -f18,37 | sort | uniq -c',
    ]);
    return [
      {
        what: `two applies of ${backends.toLocaleString('en')} × 2 checked servers, in a guest`,
        figure: `${lost.length} lost of ${asked} requests`,
        wanted: '0 lost',
      },
      { what: '  each', figure: spread(seconds, 's'), wanted: '' },
      { what: '  servers after it, by what their checks say', figure: counted.trim().replaceAll(/\s+/g, ' '), wanted: '' },
    ];
  } finally {
    await guest.remove();
    demo.stop();
  }
}
