import { expect, test } from 'vitest';
import { startBehind } from '../support/behind.ts';
import { runHaproxy } from '../support/haproxy.ts';
import { clients, vips } from '../support/netns.ts';
import { outside } from '../support/outside.ts';
import { stagedDocument } from '../support/staged.ts';
import { commonDocument, proveAll } from './prove.ts';
import { transparent } from './transparent.ts';

proveAll(transparent);

const there = outside();

test('answers of servers to the addresses of clients are lost where nothing marks and routes them', async () => {
  const { networks, peer } = there();
  const { stop } = await startBehind(networks);
  const haproxy = await runHaproxy(
    networks.proxy,
    stagedDocument(`${commonDocument}${transparent[0]?.document}`.replace('connect: 500ms', 'connect: 100ms')),
  );
  try {
    expect(await peer.ask({ address: vips.main, port: 80, path: '/', from: clients.office })).toMatchObject({ status: 503 });
  } finally {
    await haproxy.stop();
    await stop();
  }
});
