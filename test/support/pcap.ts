import { readFile } from 'node:fs/promises';

/** The frames of a pcap file as QEMU's filter-dump writes it (little endian, Ethernet); an unfinished last one is left out. */
export async function frames(file: string): Promise<readonly Buffer[]> {
  const bytes = await readFile(file);
  const found: Buffer[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const end = at + 16 + length;
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 16, end));
    at = end;
  }
  return found;
}

/** The DHCP client identifiers (option 61, RFC 2132 section 9.14) that a captured machine sent, in hex, each once. */
export async function dhcpClientIds(file: string): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const frame of await frames(file)) {
    const isDhcpRequest = frame.length > 282 && frame.readUInt16BE(12) === 0x0800 && frame[23] === 17 && frame.readUInt16BE(36) === 67;
    if (!isDhcpRequest) continue;
    // Ethernet 14, IPv4 20, UDP 8, BOOTP 236, magic cookie 4: then options of code, length, value
    for (let at = 282; at + 1 < frame.length && frame[at] !== 255; ) {
      const length = frame[at + 1] ?? 0;
      if (frame[at] === 61) ids.add(frame.subarray(at + 2, at + 2 + length).toString('hex'));
      at += frame[at] === 0 ? 1 : 2 + length;
    }
  }
  return [...ids];
}
