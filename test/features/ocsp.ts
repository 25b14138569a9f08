import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { killAtEnd } from '../support/ending.ts';
import { makeCertificate } from '../support/haproxy-certificates.ts';
import { servers, vips } from '../support/netns.ts';
import { serversOf } from './app.ts';
import { openssl } from './asking.ts';
import { ca, caFolder, certificates, pemOf } from './certificates.ts';
import type { Proof } from './proof.ts';

const extensions = [`authorityInfoAccess=OCSP;URI:http://${servers.api}:8889`];
const shop = await makeCertificate('shop.example', ca, { extensions });

/** What HAProxy shows of what the CA says, once it has fetched it. */
async function stapled(stage: Parameters<Proof['prove']>[0]): Promise<string> {
  for (const limit = performance.now() + 3000; ; await sleep(100)) {
    const text = await openssl(stage, 's_client', '-connect', `${vips.main}:443`, '-servername', 'shop.example', '-status');
    if (text.includes('OCSP Response Status') || performance.now() > limit) return text;
  }
}

/** What a CA says of a certificate, shown to clients. */
export const ocsp: readonly Proof[] = [
  {
    row: 'ocsp',
    what: 'fetches what the CA says of a certificate, and shows it to clients',
    keys: ['certificates.*.ocsp'],
    document: `
certificates: { shop: { pem: shop.pem, ocsp: auto } }
frontends: { web: { bind: [{ address: "*:443", ssl: [shop] }], default_backend: app } }
backends:
  app:
    check: false
${serversOf(1)}`,
    files: certificates({ 'shop.pem': pemOf(shop, ca) }),
    directive: / \[ocsp-update on\]/,
    prepare: async ({ networks }) => {
      const folder = await caFolder(ca);
      const at = (file: string) => join(folder, file);
      await writeFile(at('shop.pem'), shop.cert);
      const { stdout: serial } = await execa('openssl', ['x509', '-in', at('shop.pem'), '-noout', '-serial']);
      await writeFile(at('index.txt'), `V\t401231235959Z\t\t${serial.replace('serial=', '')}\tunknown\t/CN=shop.example\n`);
      const responder = [
        'ocsp',
        '-index',
        at('index.txt'),
        '-port',
        '8889',
        '-ndays',
        '1',
        '-rsigner',
        at('ca.pem'),
        '-rkey',
        at('ca-key.pem'),
        '-CA',
        at('ca.pem'),
      ];
      const child = execa(
        'setpriv',
        ['--pdeathsig', 'KILL', 'nsenter', '-t', String(networks.outside.pid), '-n', '--', 'openssl', ...responder],
        {
          reject: false,
          buffer: false,
          stdio: 'ignore',
        },
      );
      const hasEnded = killAtEnd(child.pid ?? 0);
      void child.then(hasEnded);
      const listening = async () => (await networks.outside.run(['ss', '-Hltn', 'sport = :8889'])).stdout !== '';
      for (let tries = 0; !(await listening()) && tries < 50; tries++) await sleep(50);
    },
    prove: async (stage) => expect(await stapled(stage)).toMatch(/OCSP Response Status: successful[\s\S]*Cert Status: good/),
  },
];
