import { describe, expect, test } from 'vitest';
import { createLog } from '../../../appliance/agent/log.ts';
import { listenForNews } from '../../../appliance/agent/tuner/news.ts';
import type { Host } from '../../../appliance/host/host.ts';
import { linuxHost } from '../../../appliance/host/linux.ts';
import { freshWorld, hostOn } from '../../apply/machine.ts';

/** A host whose programs say what a test has them say. */
function telling(): { host: Host; say: (program: string, line: string) => void; end: (program: string) => void; slept: number[] } {
  const heard = new Map<string, { line: (text: string) => void; end: (why: string) => void }>();
  const slept: number[] = [];
  const host: Host = {
    ...hostOn(freshWorld()),
    follow: (program, _, line, end) => {
      heard.set(program, { line, end });
      return () => void heard.delete(program);
    },
    sleep: async (ms, signal) => {
      slept.push(ms);
      if (ms > 1000) await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
  };
  return { host, slept, say: (program, line) => heard.get(program)?.line(line), end: (program) => heard.get(program)?.end('gone') };
}

const silent = createLog(() => {});

describe('news', () => {
  test('begin with the start, then are what happened, each once, and else that time has passed', () => {
    const { host, say } = telling();
    const news = listenForNews(host, silent);
    expect(news.take()).toEqual([{ kind: 'start' }]);
    expect(news.take()).toEqual([{ kind: 'time' }]);
    for (const _ of [1, 2]) say('ip', '2: eth0: <UP> mtu 1500');
    say('ip', '    link/ether 52:54:00:00:00:01');
    say('udevadm', 'KERNEL[1.2] bind     /devices/pci0000:00/0000:00:02.0 (pci)');
    expect(news.take()).toEqual([
      { kind: 'link', name: 'eth0' },
      { kind: 'driver', device: '0000:00:02.0' },
    ]);
    news.stop();
  });

  test('wake who waits, who then waits a moment for what comes with them', async () => {
    const { host, say, slept } = telling();
    const news = listenForNews(host, silent);
    news.take();
    const waited = news.wait(60_000);
    say('ip', '2: eth0: <UP> mtu 1500');
    await waited;
    expect(slept).toEqual([60_000, 500]);
    expect(news.take()).toEqual([{ kind: 'link', name: 'eth0' }]);
  });

  test('are not waited for once the agent ends', async () => {
    const { host } = telling();
    const news = listenForNews(host, silent);
    news.take();
    const over = new AbortController();
    const waited = news.wait(60_000, over.signal);
    over.abort();
    await waited;
  });

  test('go on without a program that ended, which is said', () => {
    const said: string[] = [];
    const { host, end, say } = telling();
    const news = listenForNews(
      host,
      createLog((text) => void said.push(text)),
    );
    end('udevadm');
    expect(said.join('')).toContain('udevadm');
    say('ip', '2: eth0: <UP> mtu 1500');
    expect(news.take()).toHaveLength(2);
  });
});

describe('a program that is followed', () => {
  test('tells its lines, and why it ended', async () => {
    const lines: string[] = [];
    const why = await new Promise<string>((resolve) => {
      linuxHost().follow('sh', ['-c', 'echo one; echo two; exit 3'], (line) => void lines.push(line), resolve);
    });
    expect(lines).toEqual(['one', 'two']);
    expect(why).toContain('3');
  });

  test('is ended by who stops it, and then says nothing more', async () => {
    let ended = false;
    const first = await new Promise<string>((resolve) => {
      const stop = linuxHost().follow(
        'sh',
        ['-c', 'echo $$; exec sleep 600'],
        (line) => {
          stop();
          resolve(line);
        },
        () => {
          ended = true;
        },
      );
    });
    await expect.poll(() => linuxHost().read(`/proc/${first}/comm`)).toBeNull();
    expect(ended).toBe(false);
  });

  test('that is not there says so', async () => {
    const why = await new Promise<string>((resolve) => void linuxHost().follow('weir-no-such-program', [], () => {}, resolve));
    expect(why).toContain('ENOENT');
  });
});
