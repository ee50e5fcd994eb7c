const BLOCK = 512;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8').split('\0', 1)[0]!;
const octal = (bytes: Uint8Array) => Number.parseInt(text(bytes).trim() || '0', 8);

/**
 * The file of that name in an uncompressed tar (ustar), or its first file; undefined when it has none or is no tar.
 * Folders, links and extended headers are passed over.
 */
export function firstTarFile(tar: Uint8Array, preferred: string): { name: string; content: Uint8Array } | undefined {
  let first: { name: string; content: Uint8Array } | undefined;
  for (let at = 0; at + BLOCK <= tar.byteLength; ) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every(byte => byte === 0)) break;
    const size = octal(header.subarray(124, 136));
    if (octal(header.subarray(148, 156)) !== checksum(header) || !(size >= 0)) return undefined;
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (content.byteLength < size) return undefined;
    const type = String.fromCharCode(header[156]!);
    if (type === '0' || type === '\0') {
      const prefix = text(header.subarray(345, 500));
      const name = (prefix ? `${prefix}/` : '') + text(header.subarray(0, 100));
      if (name === preferred) return { name, content };
      first ??= { name, content };
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return first;
}

/** The sum of the header's bytes, its own field taken as blanks. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
}
