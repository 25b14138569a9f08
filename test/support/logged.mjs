// Runs in the image's root: HAProxy and rsyslog as the image configures them, requests of known fate, then weir's own questions about the log.
// One JSON object on standard output: what `weir logs` answered, by the name of the question.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, request } from 'node:http';
import { connect, createServer as createTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const log = '/data/log/haproxy.log';
const until = async (what, isTrue) => {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) if (await isTrue()) return;
  throw new Error(`${what} did not come; the log: ${existsSync(log) ? readFileSync(log, 'utf8') : 'none'}`);
};
const isOpen = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== null));
    socket.on('error', () => resolve(false));
  });
const get = (path, { port = 80, abortMs } = {}) =>
  new Promise((resolve) => {
    const asked = request({ port, path, host: '127.0.0.1', agent: false }, (answer) =>
      answer.resume().on('end', () => resolve(answer.statusCode)),
    );
    asked.on('error', () => resolve(null)).end();
    if (abortMs !== undefined) setTimeout(() => asked.destroy(), abortMs);
  });
const say = (port, bytes) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket
      .on('error', () => {})
      .on('close', resolve)
      .resume();
    socket.once('data', () => socket.end());
  });

for (const folder of ['/var/lib/haproxy/dev', '/var/spool/rsyslog', '/run/weir', '/data']) mkdirSync(folder, { recursive: true });
execFileSync('systemd-tmpfiles', ['--create', '--prefix=/data/log']);
const weir = (...args) => {
  const { status, stdout, stderr } = spawnSync('weir', ['logs', ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
};
const answers = { empty: weir('codes') };

createHttp((asked, answer) => {
  if (asked.url.startsWith('/never')) return;
  answer.statusCode = asked.url.startsWith('/missing') ? 404 : 200;
  answer.end('x'.repeat(1000));
}).listen(8081, '127.0.0.1');
createTcp((socket) => void socket.on('error', () => {}).pipe(socket)).listen(8082, '127.0.0.1');

const rsyslog = spawn('rsyslogd', ['-n', '-i', 'NONE'], { stdio: 'ignore' });
await until('the log socket', () => existsSync('/var/lib/haproxy/dev/log'));
const haproxy = spawn('haproxy', ['-W', '-db', '-f', '/run/weir/haproxy.cfg'], { stdio: 'ignore' });
await until('port 80', () => isOpen(80));

for (let i = 0; i < 5; i++) await get(`/shop/list?page=${i}`);
await get('/missing');
await get('/admin');
for (let i = 0; i < 2; i++) await get('/down/x');
await get('/never/late');
await get('/never/aborted', { abortMs: 100 });
await say(80, 'GET /\u001b[31mred HTTP/1.1\r\nhost: a\r\n\r\n');
for (let i = 0; i < 3; i++) await say(90, 'hello');
await say(91, 'hello');
await say(92, 'this is no PROXY protocol\r\n\r\n');
await until('17 lines of traffic', () => (readFileSync(log, 'utf8').match(/\] (web|echo|broken|proxied)/g) ?? []).length >= 17);
haproxy.kill('SIGTERM');
await until('the end of HAProxy', () => haproxy.exitCode !== null || haproxy.signalCode !== null);
rsyslog.kill('SIGTERM');
await until('the end of rsyslog', () => rsyslog.exitCode !== null || rsyslog.signalCode !== null);

const text = readFileSync(log, 'utf8');
for (const question of ['top', 'errors', 'slow', 'codes', 'servers']) {
  answers[question] = weir(question, '--json');
  answers[`${question} as text`] = weir(question);
}
answers.clients = weir('top', '--by', 'clients', '--json');
answers.failing = weir('top', '--by', 'errors', '--json');
answers.limited = weir('top', '--limit', '1', '--json');
answers.future = weir('codes', '--json', '--since', '2099-01-01');
answers.past = weir('codes', '--json', '--until', '2001-01-01');
answers.recent = weir('codes', '--json', '--since', '5m', '--until', '2099-01-01');
const as = (...user) => {
  const { status, stdout, stderr } = spawnSync('setpriv', [...user, 'weir', 'logs', 'codes', '--json'], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
};
answers.admin = as('--reuid=admin', '--regid=weir', '--init-groups');
answers.nobody = as('--reuid=65534', '--regid=65534', '--clear-groups');

// the same lines in three files, as after two rotations, the oldest compressed; and with bytes that no terminal should see
const lines = text.split('\n').slice(0, -1);
const part = (from, to) => `${lines.slice(from, to).join('\n')}\n`;
writeFileSync(`${log}.2`, part(0, 5));
execFileSync('gzip', [`${log}.2`]);
writeFileSync(`${log}.1`, part(5, 10));
writeFileSync(log, part(10));
answers.rotated = weir('codes', '--json');
writeFileSync(
  '/tmp/hostile.log',
  text.replaceAll('/shop/list', '/\u001b]0\u0007\u009b31m\u202e').replace('/missing', `/${'long'.repeat(400)}`),
);
answers.hostile = weir('top', '--file', '/tmp/hostile.log');
answers['hostile for scripts'] = weir('top', '--file', '/tmp/hostile.log', '--json');
writeFileSync('/tmp/long.log', `${text}${'x'.repeat(2_000_000)}\n${text}`);
writeFileSync('/tmp/syslog.log', text.replaceAll(/^\S+ /gm, 'Nov 23 13:21:56 lb1 '));
answers.syslog = weir('codes', '--file', '/tmp/syslog.log', '--json');
writeFileSync('/tmp/other.log', 'a line of something else\n');
answers.other = weir('codes', '--file', '/tmp/other.log');
writeFileSync('/tmp/broken.gz', Buffer.from('1f8b0800deadbeef', 'hex'));
answers.broken = weir('codes', '--file', '/tmp/broken.gz');
writeFileSync('/tmp/log.xz', Buffer.from('fd377a585a000004', 'hex'));
answers['not to be unpacked'] = weir('codes', '--file', '/tmp/log.xz');
answers.folder = weir('codes', '--file', '/tmp');
execFileSync('mkfifo', ['/tmp/pipe']);
answers.pipe = weir('codes', '--file', '/tmp/pipe');
answers.long = weir('codes', '--file', '/tmp/long.log');
// halog keeps something of each line of a URL question, until there is no more
writeFileSync('/tmp/meminfo', 'MemAvailable: 40000 kB\n');
execFileSync('mount', ['--bind', '/tmp/meminfo', '/proc/meminfo']);
writeFileSync('/tmp/many.log', text.repeat(20_000));
answers['little memory'] = weir('top', '--file', '/tmp/many.log');
answers['little memory, codes'] = weir('codes', '--file', '/tmp/many.log', '--json');
execFileSync('umount', ['/proc/meminfo']);
rmSync('/usr/sbin/halog');
answers['no halog'] = weir('codes');
rmSync('/data/log', { recursive: true });
answers.absent = weir('codes');
process.stdout.write(JSON.stringify(answers));
process.exit(0);
