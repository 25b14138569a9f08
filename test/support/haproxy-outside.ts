/**
 * Runs in the network outside: web and TCP servers, and the clients that ask. One JSON object a line on standard input, one answer a line on standard
 * output. Started by haproxy-peer.ts.
 */
import { createInterface } from 'node:readline';
import { ask, converse, load, visit } from './haproxy-clients.ts';
import { down, nameServer, records, served, sick, takeHeard, up } from './haproxy-origins.ts';
import type { Order } from './haproxy-peer.ts';
import { collect, collected, endCollector } from './log-collectors.ts';

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'up':
      return await up(order.origin);
    case 'down':
      return endCollector(order.name) ? null : await down(order.name);
    case 'collect':
      return await collect(order.collector);
    case 'collected':
      return await collected(order.name, order.least);
    case 'sick':
      return void sick.add(order.name);
    case 'well':
      return void sick.delete(order.name);
    case 'served':
      return served.get(order.name) ?? 0;
    case 'heard':
      return takeHeard(order.name);
    case 'ask':
      return await ask(order.asked);
    case 'converse':
      return await converse(order.asked);
    case 'load':
      return await load(order.load);
    case 'name-server':
      return await nameServer(order.address);
    case 'name':
      return void records.set(order.name, order.address);
    case 'visit':
      return await visit(order.visits);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, order } = JSON.parse(line) as { readonly id: number; readonly order: Order };
  obey(order).then(
    (result) => console.log(JSON.stringify({ id, result: result ?? null })),
    (error: Error) => console.log(JSON.stringify({ id, error: error.message })),
  );
});
