import { createPrivateKey, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Certificates,
  createCertificates,
  hasOpenssl,
  javaKeyStore,
  type Pair,
} from '../../test/support/certificates.ts'
import { ValenceError } from '../errors.ts'
import { clientIdentityOf } from './client-identity.ts'
import { pkcs12Iterations } from './pkcs12-work.ts'

const PASSWORD = 'päss-word'

describe.skipIf(!hasOpenssl)('certificate and key from a key store', () => {
  let made: Certificates
  let ada: Pair
  let bob: Pair
  beforeAll(() => {
    made = createCertificates()
    ada = made.client('ada')
    bob = made.client('bob')
  })
  afterAll(() => made?.remove())

  const identity = (store: Buffer | string, password = PASSWORD) =>
    clientIdentityOf({
      'base64.encoded.jks': typeof store === 'string' ? store : store.toString('base64'),
      'jks.password': password,
    })
  const failure = (store: Buffer | string, password?: string): ValenceError => {
    try {
      identity(store, password)
    } catch (error) {
      if (error instanceof ValenceError) return error
      throw error
    }
    throw new Error('it was opened')
  }
  const isOf = (found: ReturnType<typeof identity>, pair: Pair) => {
    expect(new X509Certificate(found?.cert ?? '').fingerprint256).toBe(new X509Certificate(pair.cert).fingerprint256)
    expect(createPrivateKey(found?.key ?? '').equals(createPrivateKey(pair.key))).toBe(true)
  }

  test('a Java key store', () => {
    isOf(identity(javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, PASSWORD)), ada)
  })

  test('with its chain, beside certificates that are only trusted', () => {
    const store = javaKeyStore(
      { root: { certs: [made.ca] }, client: { key: ada.key, certs: [ada.cert, made.ca] } },
      PASSWORD,
    )
    const found = identity(store)
    isOf(found, ada)
    expect(found?.cert.match(/BEGIN CERTIFICATE/g)?.length).toBe(3)
  })

  test('the first of several keys counts', () => {
    const entries = { b: { key: bob.key, certs: [bob.cert] }, a: { key: ada.key, certs: [ada.cert] } }
    isOf(identity(javaKeyStore(entries, PASSWORD)), bob)
  })

  test('PKCS#12', () => {
    isOf(identity(made.pkcs12(ada, 'secret1', ['-name', 'client']), 'secret1'), ada)
  })

  test('line breaks in the base64 text', () => {
    const store = javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, PASSWORD)
    isOf(identity(store.toString('base64').replace(/.{64}/g, '$&\r\n')), ada)
  })

  test('the same values give the same object, others another', () => {
    const store = javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, PASSWORD)
    expect(identity(store)).toBe(identity(Buffer.from(store)))
    expect(identity(javaKeyStore({ client: { key: bob.key, certs: [bob.cert] } }, PASSWORD))).not.toBe(identity(store))
  })

  test('one of the two keys alone is none', () => {
    for (const configuration of [
      {},
      { 'jks.password': 'x' },
      { 'base64.encoded.jks': 'x' },
      { 'base64.encoded.jks': '', 'jks.password': 'x' },
    ] as Record<string, string>[])
      expect(clientIdentityOf(configuration)).toBeUndefined()
  })

  test('a wrong password names its key and no value', () => {
    for (const store of [
      javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, PASSWORD),
      made.pkcs12(ada, 'secret1', ['-name', 'c']),
    ]) {
      const error = failure(store, 'not-it-at-all')
      expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', status: 400 })
      expect(error.message).toBe('Configuration "jks.password" does not open the key store in "base64.encoded.jks"')
      expect(failure(store, 'not-it-at-all')).toBe(error)
    }
  })

  test('what is no key store, says so', () => {
    for (const [store, message] of [
      ['bm90IGEgc3RvcmU=', /"base64.encoded.jks" is no key store that can be read/],
      ['!!!', /is no key store/],
      [javaKeyStore({ client: { key: ada.key, certs: [ada.cert] } }, PASSWORD).subarray(0, 500), /is no key store/],
      [javaKeyStore({ root: { certs: [made.ca] } }, PASSWORD), /holds no private key with its certificate/],
      [javaKeyStore({}, PASSWORD), /holds no private key/],
      [
        javaKeyStore({ client: { key: ada.key, certs: [bob.cert] } }, PASSWORD),
        /holds a private key of another certificate/,
      ],
      [Buffer.alloc(300_000), /is larger than 262144 bytes/],
    ] as const) {
      const error = failure(store)
      expect(error.code).toBe('CONFIGURATION_INVALID')
      expect(error.message).toMatch(message)
    }
  })

  test('PKCS#12 whose entries have no names', () => {
    expect(failure(made.pkcs12(ada, 'secret1'), 'secret1').message).toMatch(/PKCS#12 whose entries have names/)
  })

  test('a store that would take forever to open is not opened', () => {
    const store = made.pkcs12(ada, 'secret1', ['-name', 'c', '-iter', '100000'])
    expect(pkcs12Iterations(store)).toBe(300_000)
    const start = performance.now()
    expect(failure(store, 'secret1').message).toMatch(/takes more than 250000 iterations to open/)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('the work that a PKCS#12 store asks for', () => {
  const element = (tag: number, ...content: Buffer[]): Buffer => {
    const whole = Buffer.concat(content)
    return Buffer.concat([Buffer.from([tag, whole.length]), whole])
  }
  const salt = element(0x04, Buffer.from([0xff]))
  const count = element(0x02, Buffer.from([0x10, 0x00]))
  for (const [name, store, expected] of [
    ['an integer behind an octet string', element(0x30, salt, count), 4096],
    ['several', element(0x30, element(0x30, salt, count), element(0x30, salt, count)), 8192],
    ['inside of octet strings', element(0x30, element(0x04, element(0x30, salt, count))), 4096],
    ['inside of tagged elements', element(0x30, element(0xa0, element(0x30, salt, count))), 4096],
    ['other integers do not count', element(0x30, count, element(0x05), count), 0],
    ['an octet string may hold anything', element(0x30, element(0x04, Buffer.from([0x30, 0x7f]))), 0],
    ['a huge integer', element(0x30, salt, element(0x02, Buffer.alloc(7, 1))), Number.POSITIVE_INFINITY],
    ['an indefinite length', Buffer.from([0x30, 0x80, 0, 0]), Number.POSITIVE_INFINITY],
    ['an octet string in pieces', element(0x30, element(0x24, salt)), Number.POSITIVE_INFINITY],
    ['bytes that are missing', Buffer.from([0x30, 0x05, 0x02]), Number.POSITIVE_INFINITY],
    ['half an element', Buffer.from([0x30]), Number.POSITIVE_INFINITY],
  ] as const)
    test(name, () => expect(pkcs12Iterations(store)).toBe(expected))
})
