import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/ending.ts';
import { type Appliance, document, startAppliance } from './appliance.ts';

let dataFolder: string;
let box: Appliance;

beforeAll(async () => {
  dataFolder = temporaryFolder('unix');
  box = await startAppliance({ dataFolder });
});
afterAll(async () => {
  await box?.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

/** The document whose frontend says `answer`, on these UNIX sockets too. */
function listening(answer: string, sockets: string): string {
  return document(answer).replace('{ vip: www, port: 80 }', `{ vip: www, port: 80 }, ${sockets}`);
}

const both = '{ unix: /run/app.sock }, { unix: /run/root.sock, mode: 600 }';

/** A client that asks a UNIX socket so many times a second, each time over a new connection, and says how often it got which answer or error. */
const client = `
  const http = require('node:http');
  const [socketPath, perSecond, seconds] = process.argv.slice(1);
  const count = {};
  const add = (what) => { count[what] = (count[what] ?? 0) + 1; };
  let left = perSecond * seconds, open = left;
  const end = (what) => { add(what); if (--open === 0) console.log(JSON.stringify(count)); };
  const timer = setInterval(() => {
    http.get({ socketPath, path: '/', agent: false }, (response) => {
      let body = '';
      response.on('data', (data) => { body += data; }).on('end', () => end(body)).on('error', (error) => end(error.code));
    }).on('error', (error) => end(error.code));
    if (--left === 0) clearInterval(timer);
  }, 1000 / perSecond);
`;

async function load(socket: string, user: string, perSecond = 1, seconds = 1): Promise<Readonly<Record<string, number>>> {
  const as = ['setpriv', `--reuid=${user}`, '--clear-groups', '--'];
  const { stdout, stderr } = await box.run([...as, 'node', '-e', client, socket, String(perSecond), String(seconds)], {
    timeoutMs: 60_000,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const ask = async (socket: string, user = 'admin') => Object.keys(await load(socket, user)).join();

describe('a bind on a UNIX socket', () => {
  test('answers programs of every user, and root alone where its mode says so', async () => {
    expect(await box.weir(['apply', '-'], listening('one', both))).toMatchObject({ code: 0 });
    expect(await ask('/run/app.sock')).toBe('one');
    expect(await ask('/run/root.sock')).toBe('EACCES');
    expect(await ask('/run/root.sock', 'root')).toBe('one');
    expect(await box.fetch()).toBe('one');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });

  test('loses no request when HAProxy is reloaded', async () => {
    const loaded = load('/run/app.sock', 'admin', 200, 15);
    for (const answer of ['two', 'three', 'four']) {
      await sleep(1000);
      expect(await box.weir(['apply', '-'], listening(answer, both))).toMatchObject({ code: 0 });
    }
    const { one = 0, two = 0, three = 0, four = 0, ...failed } = await loaded;
    expect(failed).toEqual({});
    expect(one + two + three + four).toBe(3000);
    for (const answered of [one, two, three, four]) expect(answered).toBeGreaterThan(0);
  });

  test('follows a change of its mode', async () => {
    expect(await box.weir(['apply', '-'], listening('five', '{ unix: /run/app.sock, mode: 600 }'))).toMatchObject({ code: 0 });
    expect(await ask('/run/app.sock')).toBe('EACCES');
    expect(await ask('/run/app.sock', 'root')).toBe('five');
    expect(await ask('/run/root.sock', 'root')).toBe('ENOENT');
    expect(await box.weir(['rollback'])).toMatchObject({ code: 0 });
    expect(await ask('/run/app.sock')).toBe('four');
  });

  test('is back when HAProxy has crashed', async () => {
    await box.sh('kill -9 $(systemctl show --property=MainPID --value haproxy)');
    await expect.poll(() => ask('/run/app.sock'), { timeout: 10_000 }).toBe('four');
  });

  test('is back after a power cut', async () => {
    await box.stop();
    box = await startAppliance({ dataFolder });
    expect(await ask('/run/app.sock')).toBe('four');
    expect(await ask('/run/root.sock')).toBe('EACCES');
  });

  test.each([
    ['a file', 'echo precious >/run/mine.sock', 'cat /run/mine.sock', 'precious\n'],
    [
      'a socket',
      'systemd-run --quiet --collect --unit=mine socat UNIX-LISTEN:/run/mine.sock,fork EXEC:"echo precious"; sleep 1',
      'socat - UNIX-CONNECT:/run/mine.sock',
      'precious\n',
    ],
    ['a link', 'ln -s /etc/hostname /run/mine.sock', 'readlink /run/mine.sock', '/etc/hostname\n'],
  ])('is refused where %s of somebody else is', async (_, make, look, expected) => {
    await box.sh(make);
    const { code, stderr } = await box.weir(['apply', '-'], listening('six', '{ unix: /run/mine.sock }'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/\/run\/mine\.sock is there already, and is not weir's: remove it, or/),
    });
    expect(await box.sh(look)).toBe(expected);
    expect(await ask('/run/app.sock')).toBe('four');
    await box.sh('systemctl stop mine; rm /run/mine.sock');
  });

  test('goes with its document', async () => {
    expect(await box.weir(['apply', '-'], document('seven'))).toMatchObject({ code: 0 });
    expect(await box.sh('ls -d /run/*.sock')).toBe('');
    expect(await box.settled()).toMatchObject({ state: 'as confirmed', drift: [] });
  });
});
