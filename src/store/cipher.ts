import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { ValenceError } from '../errors.ts'
import type { KeyRing } from './key-ring.ts'

/**
 * What the store encrypts, looks up and signs with. Sealed texts carry the id of their ring key, lookups and signatures the version of their
 * data key, so that every key can be replaced.
 */
export interface Cipher extends Sealer {
  /** `<version>.<hex HMAC-SHA256>` under the newest lookup key: what a row stores to be found by its secret */
  lookup(secret: string): string
  /** the same under every lookup key in use: what a search compares with */
  lookups(secret: string): string[]
  /** `<version>.<HMAC-SHA256, first 16 bytes, base64url>` under the newest page-token key */
  sign(text: string): string
  /** whether `signature` was made by `sign(text)` under a page-token key in use */
  verify(text: string, signature: string): boolean
}

export interface Sealer {
  /** @param context where the text will be stored (`contextOf`); it opens nowhere else */
  seal(plain: string, context: string): string
  /** @throws ValenceError INTERNAL naming the context when the key is unknown or the text was altered or moved */
  open(sealed: string, context: string): string
  /** the same for bytes, for whatever is kept outside the database */
  sealBytes(plain: Uint8Array, context: string): Buffer
  /** @throws ValenceError INTERNAL as `open` does */
  openBytes(sealed: Buffer, context: string): Buffer
}

/** Random keys of their own purpose, stored sealed (`data-keys.ts`); the newest first. */
export interface DataKeys {
  lookup: DataKey[]
  pageToken: DataKey[]
}

export interface DataKey {
  version: number
  key: Buffer
}

const TEXT_FORM = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/
const BYTES_FORM = /^v1\.([A-Za-z0-9_-]{1,32})\./
/** of the longest prefix */
const PREFIX_BYTES = 36
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The context of a sealed column, bound into the ciphertext: `users.secret_ciphertext:17`. A value copied to another row does not open. */
export function contextOf(table: string, column: string, id: number): string {
  return `${table}.${column}:${id}`
}

/** How every text sealed under this key begins. */
export function sealedPrefix(keyId: string): string {
  return `v1.${keyId}.`
}

/**
 * AES-256-GCM with a random 96-bit nonce and the context as additional data. Text form: `v1.<keyId>.<base64url nonce+ciphertext+tag>`; of bytes
 * the same, without base64url.
 */
export function createSealer(ring: KeyRing): Sealer {
  return {
    seal(plain, context) {
      const { id, key } = ring.first()
      return sealedPrefix(id) + Buffer.concat(encrypt(key, Buffer.from(plain), context)).toString('base64url')
    },

    open(sealed, context) {
      const [, keyId = '', payload = ''] = TEXT_FORM.exec(sealed) ?? []
      return decrypt(ring, { keyId, bytes: Buffer.from(payload, 'base64url') }, context, TEXT).toString('utf8')
    },

    sealBytes(plain, context) {
      const { id, key } = ring.first()
      return Buffer.concat([Buffer.from(sealedPrefix(id)), ...encrypt(key, plain, context)])
    },

    openBytes(sealed, context) {
      const [prefix = '', keyId = ''] = BYTES_FORM.exec(sealed.subarray(0, PREFIX_BYTES).toString('latin1')) ?? []
      return decrypt(ring, { keyId, bytes: sealed.subarray(prefix.length) }, context, BYTES)
    },
  }
}

/** How messages call what was sealed. */
interface Wording {
  what: string
  form: string
}
const TEXT: Wording = { what: 'text', form: 'v1.<key id>.<base64url>' }
const BYTES: Wording = { what: 'file', form: 'v1.<key id>.<bytes>' }

const prepared = new WeakMap<Buffer, KeyObject>()

/** A buffer would be imported at every call, which costs more than to seal a short text. */
function preparedKey(key: Buffer): KeyObject {
  const known = prepared.get(key)
  if (known) return known
  const made = createSecretKey(key)
  prepared.set(key, made)
  return made
}

/** @returns nonce, ciphertext and tag, in the order in which they are kept */
function encrypt(key: Buffer, plain: Uint8Array, context: string): Buffer[] {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', preparedKey(key), nonce, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(context),
  )
  const ciphertext = cipher.update(plain)
  cipher.final()
  return [nonce, ciphertext, cipher.getAuthTag()]
}

/** @param bytes nonce, ciphertext and tag */
function decrypt(
  ring: KeyRing,
  { keyId, bytes }: { keyId: string; bytes: Buffer },
  context: string,
  { what, form }: Wording,
): Buffer {
  if (!keyId || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new ValenceError('INTERNAL', `${context} does not hold a sealed ${what} (expected ${form})`)
  }
  const ringKey = ring.find(keyId)
  if (!ringKey) {
    throw new ValenceError(
      'INTERNAL',
      `${context} is sealed with key "${keyId}", which is not in the key ring; add it to VALENCE_KEYS (or the key file) behind the first entry`,
    )
  }
  const decipher = createDecipheriv('aes-256-gcm', preparedKey(ringKey.key), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
    // checks the tag; a stream cipher has nothing left to give
    decipher.final()
    return plain
  } catch (cause) {
    throw new ValenceError(
      'INTERNAL',
      `${context} does not open with key "${keyId}": the ${what} was altered or moved, or the key ring holds another key of that name`,
      { cause },
    )
  }
}

/** @param dataKeys newest first, at least one per purpose */
export function createCipher(sealer: Sealer, dataKeys: DataKeys): Cipher {
  const lookupKeys = dataKeys.lookup.map(toMacKey)
  const pageTokenKeys = dataKeys.pageToken.map(toMacKey)
  const newestLookup = newest(lookupKeys, 'lookup')
  const newestPageToken = newest(pageTokenKeys, 'page-token')
  return {
    ...sealer,
    lookup: (secret) => lookupUnder(newestLookup, secret),
    lookups: (secret) => lookupKeys.map((key) => lookupUnder(key, secret)),
    sign: (text) => signUnder(newestPageToken, text),
    verify: (text, signature) => pageTokenKeys.some((key) => sameText(signUnder(key, text), signature)),
  }
}

/** A key object is prepared once; a buffer would be imported at every call, which costs five times the hash. */
interface MacKey {
  version: number
  key: KeyObject
}

function toMacKey({ version, key }: DataKey): MacKey {
  return { version, key: createSecretKey(key) }
}

function lookupUnder({ version, key }: MacKey, secret: string): string {
  return `${version}.${createHmac('sha256', key).update(secret).digest('hex')}`
}

function signUnder({ version, key }: MacKey, text: string): string {
  return `${version}.${createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url')}`
}

function sameText(expected: string, given: string): boolean {
  const expectedBytes = Buffer.from(expected)
  const givenBytes = Buffer.from(given)
  return expectedBytes.length === givenBytes.length && timingSafeEqual(expectedBytes, givenBytes)
}

function newest(keys: MacKey[], purpose: string): MacKey {
  const [first] = keys
  if (!first) throw new ValenceError('INTERNAL', `data_keys holds no key in use for "${purpose}"`)
  return first
}
