import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { webhookReference } from '../instances/webhook-reference.ts'
import type { Configuration } from '../model/instance.ts'
import { createCipher, createSealer } from '../store/cipher.ts'
import type { Store } from '../store/database.ts'
import { keyRingFromText } from '../store/key-ring.ts'
import { admit, type Called, verifyFor } from './admit.ts'
import { sealUnverified } from './unverified.ts'

const key = () => ({ version: 1, key: randomBytes(32) })
const sealer = createSealer(keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test'))
const cipher = createCipher(sealer, { lookup: [key()], pageToken: [key()] })
const NOW = new Date('2026-11-26T04:00:00Z')
const publishedKeys = { keysAt: async () => undefined }
const context = { store: { cipher } as unknown as Store, now: () => NOW, publishedKeys }

const SECRET = { 'event.webhook.secret.required': 'true' }
const SIGNED = {
  'event.vendor.signature.type': 'hmac',
  'event.vendor.signature.name': 'x-signature',
  'event.vendor.signature.key': 'k',
}
const TIMED = {
  ...SIGNED,
  'event.vendor.signature.content': '{timestamp}.{body}',
  'event.vendor.signature.timestamp.header': 'x-time',
}
const PUBLISHED = {
  'event.vendor.signature.type': 'jwt',
  'event.vendor.signature.name': 'authorization',
  'event.vendor.signature.prefix': 'Bearer ',
  'event.vendor.signature.algorithm': 'RS256',
  'event.vendor.signature.jwks.url': 'https://vendor.example/keys',
  'event.vendor.signature.jwt.audience': 'us',
}
const TOKEN = `${Buffer.from('{"alg":"RS256","kid":"1"}').toString('base64url')}.e30.c2ln`

const instance = (configuration: Configuration) => ({
  state: { id: 11, accountId: 3, configuration, credentialsVersion: 1 },
})
const body = Buffer.from('{"a":1}')
const called = (more: Partial<Called> = {}): Called => ({
  method: 'POST',
  url: 'https://hub.example/elements/api-v2/events/x/11',
  headers: [],
  body,
  reference: 'MTE=',
  ...more,
})
const sign = (text: string) => createHmac('sha256', 'k').update(text).digest('hex')
const secretReference = webhookReference(cipher, instance(SECRET).state)
const of = { address: { of: 'address' }, signature: { of: 'signature', isTemporary: false } } as const

for (const [name, configuration, given, expected] of [
  ['an open instance takes everything', {}, {}, undefined],
  ['an open instance takes its own secret address', {}, { reference: secretReference }, undefined],
  ['a wrong signed address is refused by everybody', {}, { reference: `${secretReference}x` }, of.address],
  ['a guessed address is refused', SECRET, {}, of.address],
  ['an address without reference is refused', SECRET, { reference: undefined }, of.address],
  ['the secret address is taken', SECRET, { reference: secretReference }, undefined],
  ['a webhook without its signature is refused', SIGNED, {}, of.signature],
  ['a wrong signature is refused', SIGNED, { headers: [['X-Signature', sign('other')]] }, of.signature],
  ['the right one is taken', SIGNED, { headers: [['X-Signature', sign('{"a":1}')]] }, undefined],
  [
    'both are asked for where both are declared',
    { ...SECRET, ...SIGNED },
    { headers: [['X-Signature', sign('{"a":1}')]] },
    of.address,
  ],
  [
    'a declaration that nobody understands refuses',
    { ...SIGNED, 'event.vendor.signature.typo': '1' },
    {},
    of.signature,
  ],
  [
    'keys that cannot be read now may be read later',
    PUBLISHED,
    { headers: [['authorization', `Bearer ${TOKEN}`]] },
    { of: 'signature', isTemporary: true },
  ],
] as const) {
  test(name, async () => {
    const refused = await admit(context, instance(configuration), called(given as Partial<Called>))
    if (expected === undefined) expect(refused).toBeUndefined()
    else expect(refused).toMatchObject(expected)
  })
}

describe('later', () => {
  const at = String(NOW.getTime() / 1000)
  const headers: [string, string][] = [
    ['x-time', at],
    ['x-signature', sign(`${at}.{"a":1}`)],
  ]
  const event = { id: 'AXv0Qk3hVw9sLr2TzYbC', received_at: NOW, method: 'POST', body }
  const late = (configuration: Configuration, given: Partial<Called> = {}) => {
    const { url, reference, headers: kept } = called({ headers, ...given })
    const unverified = sealUnverified(cipher, event.id, { url, reference, headers: kept })
    return verifyFor(context, instance(configuration), event, unverified)
  }

  test('what was in time when it arrived still is', async () => expect(await late(TIMED)).toBeUndefined())
  test('what was not is not', async () => {
    const old = String(NOW.getTime() / 1000 - 3_600)
    const given = [['x-time', old] as const, ['x-signature', sign(`${old}.{"a":1}`)] as const]
    expect(await late(TIMED, { headers: given })).toMatch(/3600 s old/)
  })
  test('the address counts as it was called', async () => {
    expect(await late(SECRET)).toMatch(/secret/)
    expect(await late(SECRET, { reference: secretReference })).toBeUndefined()
  })
  test('keys that cannot be read now are no refusal', async () => {
    const given = { headers: [['authorization', `Bearer ${TOKEN}`]] as const }
    await expect(late(PUBLISHED, given)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
