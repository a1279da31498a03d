import { createHash, createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { BODY, type Declared, judge, NOW } from '../../../test/support/signed-webhook.ts'
import type { Send } from '../../model/exchange.ts'
import { createPublishedKeys, type PublishedKeys } from './jwks.ts'

const TIME = NOW.getTime() / 1000
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const DECLARED: Declared = {
  type: 'jwt',
  algorithm: 'RS256',
  name: 'Authorization',
  prefix: 'Bearer ',
  'jwks.url': 'https://vendor.test/keys',
  'jwt.issuer': 'https://vendor.test',
  'jwt.audience': 'instance-7',
}
const CLAIMS = { iss: 'https://vendor.test', aud: 'instance-7', exp: TIME + 60 }
const HEADER = { alg: 'RS256', kid: 'one' }

const published: PublishedKeys = {
  keysAt: async () => [
    { key: rsa.publicKey, kid: 'one', alg: undefined },
    { key: ed.publicKey, kid: 'two', alg: 'EdDSA' },
  ],
}
const unreachable: PublishedKeys = { keysAt: async () => undefined }

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(claims: unknown = CLAIMS, header: unknown = HEADER, key: KeyObject = rsa.privateKey): string {
  const signed = `${part(header)}.${part(claims)}`
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return `${signed}.${sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function symmetric(alg: string, key: string): string {
  const signed = `${part({ ...HEADER, alg })}.${part(CLAIMS)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
const bodyHash = createHash('sha256').update(BODY).digest()
const BOUND: Declared = { ...DECLARED, 'jwt.body.claim': 'payload_hash' }
const { aud: _aud, ...withoutAudience } = CLAIMS
const { exp: _exp, ...withoutEnd } = CLAIMS
const [head, claims, signature] = token().split('.')

for (const [name, text, declared = DECLARED] of [
  ['as declared', token()],
  ['an audience among several', token({ ...CLAIMS, aud: ['instance-8', 'instance-7'] })],
  ['expired, within the tolerance', token({ ...CLAIMS, exp: TIME - 300 })],
  ['without an end, issued just now', token({ ...withoutEnd, iat: TIME - 200 })],
  ['the hash of the body in hex', token({ ...CLAIMS, payload_hash: bodyHash.toString('hex') }), BOUND],
  ['the hash of the body in base64', token({ ...CLAIMS, payload_hash: bodyHash.toString('base64') }), BOUND],
] as [string, string, Declared?][]) {
  test(`taken: a token, ${name}`, async () => {
    expect(await judge(declared, bearer(text), NOW, published)).toEqual({ ok: true })
  })
}

for (const [name, text, reason, declared = DECLARED] of [
  ['alg none and no signature', `${part({ alg: 'none' })}.${part(CLAIMS)}.`, /not of the form/],
  ['alg none and the signature left in place', `${part({ ...HEADER, alg: 'none' })}.${claims}.${signature}`, /RS256/],
  ['alg nOnE', `${part({ ...HEADER, alg: 'nOnE' })}.${claims}.${signature}`, /RS256/],
  ['no alg', `${part({ kid: 'one' })}.${claims}.${signature}`, /RS256/],
  ['HS256 with the public key as its secret', symmetric('HS256', PEM), /RS256/],
  ['that HMAC called RS256', symmetric('RS256', PEM), /no key of the declared ones/],
  ['another algorithm of the same key', token(CLAIMS, { ...HEADER, alg: 'RS512' }), /RS256/],
  ['an algorithm that the vendor publishes for another key', token(CLAIMS, { alg: 'EdDSA', kid: 'two' }), /RS256/],
  ['the id of a key of another algorithm', token(CLAIMS, { alg: 'RS256', kid: 'two' }), /no key of the id/],
  [
    'a key of its own in the header',
    token(CLAIMS, { ...HEADER, jwk: other.publicKey.export({ format: 'jwk' }) }, other.privateKey),
    /no key of the declared/,
  ],
  ['the key of somebody else', token(CLAIMS, HEADER, other.privateKey), /no key of the declared/],
  ['an unknown key id', token(CLAIMS, { alg: 'RS256', kid: 'three' }), /no key of the id/],
  ['critical extensions', token(CLAIMS, { ...HEADER, crit: ['exp'] }), /extensions/],
  ['expired', token({ ...CLAIMS, exp: TIME - 301 }), /expired/],
  ['not valid yet', token({ ...CLAIMS, nbf: TIME + 301 }), /not valid yet/],
  ['issued in the future', token({ ...CLAIMS, iat: TIME + 301 }), /in the future/],
  ['without an end', token(withoutEnd), /no exp/],
  ['without an end, issued long ago', token({ ...withoutEnd, iat: TIME - 301 }), /no exp/],
  ['an end that is no number', token({ ...CLAIMS, exp: '9999999999' }), /exp of the token is no time/],
  ['an end of null', token({ ...CLAIMS, exp: null }), /exp of the token is no time/],
  ['another audience', token({ ...CLAIMS, aud: 'instance-8' }), /another audience/],
  ['no audience', token(withoutAudience), /another audience/],
  ['an audience that is an object', token({ ...CLAIMS, aud: { 'instance-7': true } }), /another audience/],
  ['another issuer', token({ ...CLAIMS, iss: 'https://evil.test' }), /another issuer/],
  ['claims altered', `${head}.${part({ ...CLAIMS, exp: TIME + 99 })}.${signature}`, /no key of the declared/],
  ['a truncated signature', token().slice(0, -4), /no key of the declared/],
  ['two parts', `${head}.${claims}`, /not of the form/],
  ['five parts', `${token()}.${head}.${claims}`, /not of the form/],
  ['claims that are a list', token([CLAIMS]), /no JSON objects/],
  ['claims that are no JSON', `${head}.${Buffer.from('{').toString('base64url')}.${signature}`, /no JSON objects/],
  ['base64 with padding and plus', `${head}.${claims}.++//`, /not of the form/],
  ['two tokens, joined', `${token()}, Bearer ${token()}`, /not of the form/],
  ['for another body', token({ ...CLAIMS, payload_hash: createHash('sha256').digest('hex') }), /another body/, BOUND],
  ['for no body', token(), /another body/, BOUND],
] as [string, string, RegExp, Declared?][]) {
  test(`refused: a token, ${name}`, async () => {
    const verdict = await judge(declared, bearer(text), NOW, published)
    expect(verdict).toMatchObject({ ok: false, isTemporary: false, reason: expect.stringMatching(reason) })
    expect(verdict).not.toHaveProperty('cause')
  })
}

test('keys that cannot be fetched: refused, but for now only', async () => {
  expect(await judge(DECLARED, bearer(token()), NOW, unreachable)).toMatchObject({ ok: false, isTemporary: true })
})

test('a key id that cannot be looked for yet: refused, but for now only', async () => {
  const text = JSON.stringify({ keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one' }] })
  const send = (async () => ({ status: 200, text: async () => text })) as unknown as Send
  let now = NOW
  const keys = createPublishedKeys({ send, now: () => now })
  const strange = bearer(token(CLAIMS, { ...HEADER, kid: 'strange' }))
  expect(await judge(DECLARED, bearer(token()), now, keys)).toEqual({ ok: true })
  now = new Date(NOW.getTime() + 1_000)
  expect(await judge(DECLARED, strange, now, keys)).toMatchObject({ ok: false, isTemporary: true })
  expect(await judge(DECLARED, bearer(token()), now, keys)).toEqual({ ok: true })
  now = new Date(NOW.getTime() + 61_000)
  expect(await judge(DECLARED, strange, now, keys)).toMatchObject({ ok: false, isTemporary: false })
})

test('a token that is the whole body', async () => {
  const declared = { ...DECLARED, place: 'body', name: '', prefix: '' }
  expect(await judge(declared, { body: `${token()}\n` }, NOW, published)).toEqual({ ok: true })
  expect(await judge(declared, { body: '' }, NOW, published)).toMatchObject({ ok: false })
  expect(await judge(declared, { body: `${token()}${'='.repeat(300_000)}` }, NOW, published)).toMatchObject({
    ok: false,
  })
})

test('a token of the query', async () => {
  const declared = { ...DECLARED, place: 'query', name: 'jwt', prefix: '' }
  const url = `https://hub.example.com/e?jwt=${token()}`
  expect(await judge(declared, { url }, NOW, published)).toEqual({ ok: true })
  expect(await judge(declared, { url: `${url}&jwt=` }, NOW, published)).toMatchObject({ ok: false })
})

// RFC 7515 appendix A.1 and A.3
const RFC_TIME = new Date(1_300_819_000_000)
const RFC_CLAIMS = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
const OWN: Declared = { type: 'jwt', name: 'X-Token', 'jwt.issuer': 'joe' }

test('the published token with HS256', async () => {
  const key = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url',
  ).toString('base64')
  const declared = { ...OWN, algorithm: 'HS256', 'key.encoding': 'base64', key }
  const text = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${RFC_CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
  expect(await judge(declared, { headers: { 'X-Token': text } }, RFC_TIME)).toEqual({ ok: true })
  expect(await judge({ ...declared, key: 'AAAA' }, { headers: { 'X-Token': text } }, RFC_TIME)).toMatchObject({
    ok: false,
  })
})

test('the published token with ES256', async () => {
  const key = {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }
  const declared = { ...OWN, algorithm: 'ES256', key: JSON.stringify(key) }
  const text = `eyJhbGciOiJFUzI1NiJ9.${RFC_CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`
  expect(await judge(declared, { headers: { 'X-Token': text } }, RFC_TIME)).toEqual({ ok: true })
  // r and s of zero: accepted by careless implementations (CVE-2022-21449)
  const zeros = text.replace(/[^.]*$/, Buffer.alloc(64).toString('base64url'))
  expect(await judge(declared, { headers: { 'X-Token': zeros } }, RFC_TIME)).toMatchObject({ ok: false })
})

test('EdDSA with a key of the instance', async () => {
  const key = createPublicKey(ed.privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const text = token({ iss: 'joe', exp: TIME }, { alg: 'EdDSA' }, ed.privateKey)
  expect(await judge({ ...OWN, algorithm: 'EdDSA', key }, { headers: { 'X-Token': text } })).toEqual({ ok: true })
})
