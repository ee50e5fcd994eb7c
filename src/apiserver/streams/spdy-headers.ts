import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';

/** Names that the header dictionary of SPDY/3 holds with their lengths … @source SPDY protocol draft 3, section 2.6.10.1 */
const NAMES =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status'.split(
    ' ',
  );
const MORE = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];
/** … and the text that follows them. */
const TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

function withLength(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}
export const DICTIONARY = Buffer.concat([...[...NAMES, ...MORE].map(withLength), Buffer.from(TEXT)]);

/** Header blocks of one connection: a deflate state a direction, shared by all streams, so calls must come in order. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary: DICTIONARY });
  #inflated: Buffer[] = [];
  #deflated: Buffer[] = [];

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => this.#inflated.push(chunk));
    this.#deflate.on('data', (chunk: Buffer) => this.#deflated.push(chunk));
  }

  /** @throws Error when the block is not zlib's */
  async decode(block: Buffer): Promise<Record<string, string>> {
    await new Promise<void>((resolve, reject) => {
      this.#inflate.once('error', reject);
      this.#inflate.write(block, () => {
        this.#inflate.off('error', reject);
        resolve();
      });
    });
    const plain = Buffer.concat(this.#inflated.splice(0));
    const headers: Record<string, string> = {};
    let at = 4;
    const text = () => {
      const length = plain.readUInt32BE(at);
      at += 4 + length;
      return plain.toString('utf8', at - length, at);
    };
    for (let i = plain.readUInt32BE(0); i > 0; i--) headers[text().toLowerCase()] = text();
    return headers;
  }

  async encode(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const pairs = Object.entries(headers);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(pairs.length);
    this.#deflate.write(Buffer.concat([count, ...pairs.flatMap(([k, v]) => [withLength(k), withLength(v)])]));
    await new Promise<void>(resolve => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    return Buffer.concat(this.#deflated.splice(0));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}
