import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Throw-away certificates, made when a test runs. `openssl` must be there; `hasOpenssl` tells. */
export interface Certificates {
  /** PEM of the authority that signed everything */
  ca: string
  /** for 127.0.0.1 and localhost */
  server: Pair
  client(name: string): Pair
  /** a client certificate that no server of ours trusts */
  stranger: Pair
  /** a PKCS#12 store @param more further arguments of `openssl pkcs12 -export` */
  pkcs12(pair: Pair, password: string, more?: string[]): Buffer
  remove(): void
}

export interface Pair {
  cert: string
  key: string
}

export const hasOpenssl: boolean = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export function createCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'valence-certificates-'))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (name: string): Pair => ({
    cert: readFileSync(join(folder, `${name}.crt`), 'utf8'),
    key: readFileSync(join(folder, `${name}.key`), 'utf8'),
  })
  const selfSigned = (name: string) => {
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`]
    openssl('req', '-x509', ...key, '-out', `${name}.crt`, '-subj', `/CN=${name}`, '-days', '2')
    return read(name)
  }
  const signed = (name: string, extension: string) => {
    writeFileSync(join(folder, `${name}.ext`), extension)
    openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    const by = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', `${name}.ext`]
    openssl('x509', '-req', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`, '-days', '2')
    return read(name)
  }
  const { cert: ca } = selfSigned('authority')
  return {
    ca,
    server: signed('server', 'subjectAltName=IP:127.0.0.1,DNS:localhost'),
    stranger: selfSigned('stranger'),
    client: (name) => signed(name, 'extendedKeyUsage=clientAuth'),
    pkcs12({ cert, key }, password, more = []) {
      writeFileSync(join(folder, 'in.crt'), cert)
      writeFileSync(join(folder, 'in.key'), key)
      return openssl('pkcs12', '-export', '-in', 'in.crt', '-inkey', 'in.key', '-passout', `pass:${password}`, ...more)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * A Java key store, written from the published format (JDK, `sun.security.provider.JavaKeyStore` and `KeyProtector`).
 * @param entries by alias: a private key with its certificates, or only certificates that are trusted
 */
export function javaKeyStore(
  entries: Record<string, { key?: string; certs: readonly string[] }>,
  password: string,
): Buffer {
  const secret = Buffer.from(password, 'utf16le').swap16()
  const parts: Buffer[] = [int(0xfeedfeed), int(2), int(Object.keys(entries).length)]
  for (const [alias, { key, certs }] of Object.entries(entries)) {
    parts.push(int(key === undefined ? 2 : 1), utf(alias), Buffer.alloc(8))
    if (key !== undefined) parts.push(sized(protectedKey(key, secret)), int(certs.length))
    for (const cert of certs) parts.push(utf('X.509'), sized(new X509Certificate(cert).raw))
  }
  const body = Buffer.concat(parts)
  const digest = createHash('sha1').update(secret).update('Mighty Aphrodite').update(body).digest()
  return Buffer.concat([body, digest])
}

/** The key XORed with a chain of digests, in an EncryptedPrivateKeyInfo with Sun's own algorithm identifier. */
function protectedKey(pem: string, secret: Buffer): Buffer {
  const plain = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  const salt = randomBytes(20)
  const mask: Buffer[] = []
  for (let digest: Buffer = salt, size = 0; size < plain.length; size += 20) {
    digest = createHash('sha1').update(secret).update(digest).digest()
    mask.push(digest)
  }
  const stream = Buffer.concat(mask)
  const hidden = plain.map((byte, at) => byte ^ (stream[at] ?? 0))
  const check = createHash('sha1').update(secret).update(plain).digest()
  const algorithm = Buffer.from('300e060a2b060104012a021101010500', 'hex')
  return der(0x30, Buffer.concat([algorithm, der(0x04, Buffer.concat([salt, hidden, check]))]))
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content])
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function utf(text: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}

function sized(content: Buffer): Buffer {
  return Buffer.concat([int(content.length), content])
}
