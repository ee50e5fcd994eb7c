import './reflect-metadata.ts';
import type { webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Clock, Ids } from '../../lib/index.ts';
import { writePrivate } from './key-files.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** A certificate with less life than this is made anew at start. */
const RENEW_DAYS = 30;

/** A certificate and its key, as PEM. */
export type KeyPair = { cert: string; key: string };
export type Pki = { ca: string; server: KeyPair; admin: KeyPair };

function pemOf(kind: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----\n`;
}
function derOf(pem: string): ArrayBuffer {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

type Issuer = { cert: x509.X509Certificate; key: webcrypto.CryptoKey };

/** The cluster's own authority and what it has issued, below `$SKIFF_HOME/pki`. */
export class Authority {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  constructor(home: string, clock: Clock, ids: Ids) {
    this.#folder = join(home, 'pki');
    this.#clock = clock;
    this.#ids = ids;
  }

  /** Loads or makes everything; leaf certificates that end soon or lack a name are made anew. */
  async open(serverNames: readonly string[]): Promise<Pki> {
    const issuer = await this.#authority();
    const names = [...new Set(serverNames)];
    return {
      ca: issuer.cert.toString('pem'),
      server: await this.#leaf('server', issuer, 'CN=kube-apiserver', names),
      admin: await this.#leaf('admin', issuer, 'CN=kubernetes-admin,O=system:masters', []),
    };
  }

  async #authority(): Promise<Issuer> {
    const [certPath, keyPath] = [join(this.#folder, 'ca.crt'), join(this.#folder, 'ca.key')];
    if (existsSync(certPath) && existsSync(keyPath)) {
      const key = await crypto.subtle.importKey('pkcs8', derOf(readFileSync(keyPath, 'utf8')), EC, true, ['sign']);
      return { cert: new x509.X509Certificate(readFileSync(certPath, 'utf8')), key };
    }
    const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      ...this.#common('CN=skiff-ca', CA_DAYS),
      name: 'CN=skiff-ca',
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    writePrivate(keyPath, pemOf('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)));
    writePrivate(certPath, `${cert.toString('pem')}\n`);
    return { cert, key: keys.privateKey };
  }

  async #leaf(name: string, issuer: Issuer, subject: string, names: readonly string[]): Promise<KeyPair> {
    const [certPath, keyPath] = [join(this.#folder, `${name}.crt`), join(this.#folder, `${name}.key`)];
    if (existsSync(certPath) && existsSync(keyPath)) {
      const known = { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
      if (this.#isGood(known.cert, issuer, names)) return known;
    }
    const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const usage = names.length > 0 ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    const cert = await x509.X509CertificateGenerator.create({
      ...this.#common(subject, LEAF_DAYS),
      subject,
      issuer: issuer.cert.subject,
      publicKey: keys.publicKey,
      signingKey: issuer.key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.cert),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(altName))] : []),
      ],
    });
    const pair = {
      cert: `${cert.toString('pem')}\n`,
      key: pemOf('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
    };
    writePrivate(keyPath, pair.key);
    writePrivate(certPath, pair.cert);
    return pair;
  }

  #common(_subject: string, days: number) {
    const now = this.#clock.now().getTime();
    const serial = Buffer.from(this.#ids.bytes(16));
    // A serial number is positive: its first bit is clear, and its first byte is not zero.
    serial[0] = (serial[0]! & 0x7f) | 0x40;
    return {
      serialNumber: serial.toString('hex'),
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + days * DAY),
      signingAlgorithm: EC,
    };
  }

  #isGood(pem: string, issuer: Issuer, names: readonly string[]): boolean {
    const cert = new x509.X509Certificate(pem);
    if (cert.issuer !== issuer.cert.subject || cert.notAfter.getTime() < this.#clock.now().getTime() + RENEW_DAYS * DAY)
      return false;
    const known =
      cert
        .getExtension(x509.SubjectAlternativeNameExtension)
        ?.names.toJSON()
        .map(n => n.value) ?? [];
    return names.every(n => known.includes(n));
  }
}

function altName(name: string): { type: 'ip' | 'dns'; value: string } {
  return { type: isIP(name) ? 'ip' : 'dns', value: name };
}
