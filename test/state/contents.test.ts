import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, contentOf, isBytes, isSame, largestText, plain } from '../../appliance/state/host-state.ts';

const held = (bytes: Uint8Array) => ({ content: contentOf(bytes, false), mode: 0o600, owner: 'root:root' });

describe('what a file holds', () => {
  test('is text where its bytes are, a byte order mark included, and a hash where they are not or are many', () => {
    expect(contentOf(Buffer.from('\uFEFFMünchen\r\n'), false)).toBe('\uFEFFMünchen\r\n');
    expect(isBytes(contentOf(Buffer.from('M\u00fcnchen', 'latin1'), false))).toBe(true);
    expect(contentOf(Buffer.alloc(largestText, 'x'), false)).toHaveLength(largestText);
    expect(contentOf(Buffer.alloc(largestText + 1, 'x'), false)).toMatchObject({ size: largestText + 1 });
  });

  test('of any bytes is exact: equal bytes are the same, others are not, and text gives back its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }), (one, other) => {
        expect(isSame(held(one), held(other))).toBe(Buffer.compare(one, other) === 0);
        const content = contentOf(one, false);
        if (typeof content === 'string') expect(Buffer.from(content)).toEqual(Buffer.from(one));
      }),
    );
  });

  test('shows a secret nowhere, be it text or not', () => {
    const key = Buffer.from('the-key-itself');
    const contents = [contentOf(key, true), contentOf(Buffer.concat([key, Buffer.from([0xff])]), true)];
    for (const content of contents) expect(`${content} ${JSON.stringify(content)}`).not.toContain('the-key-itself');
  });

  test('by its hash is like no text', () => {
    const bytes = bytesOf(Buffer.from([0xff]));
    expect(isSame({ content: bytes, mode: 0o600, owner: 'root:root' }, { content: bytes.sha256, mode: 0o600, owner: 'root:root' })).toBe(
      false,
    );
    expect(plain(bytes).trim()).not.toBe('');
  });
});
