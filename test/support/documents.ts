/**
 * A valid document of `backends` HTTP backends with `servers` servers each, every one reached by a host name of its own; with `certificates`, over TLS too, each
 * by a certificate of its own in `certificates/site<number>.pem`, for site<number>.shop.example.
 */
export function largeDocument(backends: number, servers: number, certificates = false): string {
  const names = Array.from({ length: certificates ? backends : 0 }, (_, b) => `site${b}`);
  const lines = [
    'version: 1',
    'nodes:',
    '  lb1: { links: { front: { mac: 52:54:00:00:00:01, addresses: [192.0.2.2/24], gateway: 192.0.2.1 } } }',
    ...(certificates ? ['certificates:', ...names.map((name) => `  ${name}: { pem: ${name}.pem, sni: [${name}.shop.example] }`)] : []),
    'frontends:',
    '  web:',
    '    bind:',
    '      - { address: "192.0.2.2:80" }',
    ...(certificates ? [`      - { address: "192.0.2.2:443", ssl: [${names.join(', ')}] }`] : []),
    '    use_backend:',
  ];
  for (let b = 0; b < backends; b++) lines.push(`      - { backend: site${b}, if: { host: site${b}.example } }`);
  lines.push('backends:');
  for (let b = 0; b < backends; b++) {
    lines.push(
      `  site${b}:`,
      '    balance: leastconn',
      `    check: { GET: /healthz, host: site${b}.example, expect: { status: 200 } }`,
      '    servers:',
    );
    for (let s = 0; s < servers; s++) lines.push(`      app${s}: 10.${(b >> 8) & 255}.${b & 255}.${s + 1}:8080`);
  }
  return `${lines.join('\n')}\n`;
}
