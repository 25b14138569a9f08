import { readFileSync } from 'node:fs';
import { formatProblem, load } from './appliance/config/load.ts';
import { desiredState } from './appliance/state/desired.ts';
import { testFiles } from './test/support/cases.ts';
import { runInRoot } from './test/support/root.ts';
import { stagedState } from './test/support/staged.ts';
const files = testFiles();
const common = 'version: 1\nnodes: { lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.10/24, "2001:db8::10/64"] } } } }\n';
const docs = readFileSync(process.argv[2]!, 'utf8').split(/^----\n/m);
for (const d of docs) {
  const t = d.startsWith('version') ? d : common + d;
  console.log('=======\n' + (d.length > 600 ? d.slice(0, 600) : d).trim());
  const { config, problems } = load(t, { file: 'c', files, now: new Date() });
  console.log(problems.slice(0,90).map((p) => formatProblem(p).slice(0, 600)).join('\n') || '-- weir: nothing');
  if (config) {
    try {
    const { state, problems } = desiredState(config, 'lb1', null, files);
    if (problems.length) console.log(problems.map((p)=>p.message).join('\n'));
    const staged = stagedState(state);
    if (process.env.SHOW) { const f = staged['/run/weir/haproxy.cfg'] as any; console.log(f.content.split('\n').filter((l: string)=>new RegExp(process.env.SHOW!).test(l)).join('\n')); }
    if (process.env.ALL) { const f = staged['/run/weir/haproxy.cfg'] as any; console.log(f.content);}
    const a = await runInRoot(['sh','-c','ip route add default dev lo; ip -6 route add default dev lo; : >/run/weir/haproxy.stats; : >/run/weir/haproxy.servers; haproxy -c -dW -f /run/weir/haproxy.cfg'], staged);
    console.log('-- haproxy', a.code, a.stderr.split('\n').filter((l)=>!/NOTICE/.test(l)).join('\n').slice(0,1500));
    } catch (e) { console.log('THROWN', (e as Error).stack?.slice(0, 800)); }
  }
}
