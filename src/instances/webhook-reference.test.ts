import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Configuration } from '../model/instance.ts'
import { createCipher, createSealer } from '../store/cipher.ts'
import { keyRingFromText } from '../store/key-ring.ts'
import {
  isSignedReference,
  readSignedReference,
  requiresSecretReference,
  webhookReference,
} from './webhook-reference.ts'

const key = () => ({ version: 1, key: randomBytes(32) })
const sealer = createSealer(keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test'))
const cipher = createCipher(sealer, { lookup: [key()], pageToken: [key()] })
const open = { id: 20931, configuration: {} }
const secret = { id: 20931, configuration: { 'event.webhook.secret.required': 'true' } }
const reference = webhookReference(cipher, secret)
const signature = readSignedReference(reference)?.signature ?? ''

test('by default it is the id in Base64', () => expect(webhookReference(cipher, open)).toBe('MjA5MzE='))

test('a secret one is the id and a signature, and fits into a path as it is', () => {
  expect(reference).toMatch(/^v1\.MjA5MzE\.1\.[\w-]{22}$/)
  expect(readSignedReference(reference)).toEqual({ instanceId: 20931, signature: expect.any(String) })
  expect(isSignedReference(cipher, secret, signature)).toBe(true)
})

for (const [name, instance] of [
  ['another instance', { ...secret, id: 20932 }],
  ['the same one after its version changed', version('2')],
] as const) {
  test(`the signature is not that of ${name}`, () => expect(isSignedReference(cipher, instance, signature)).toBe(false))
}

test('the secret one holds also where it is not asked for', () => {
  expect(isSignedReference(cipher, open, signature)).toBe(true)
})

test('a signature of something else is none', () => {
  expect(isSignedReference(cipher, secret, cipher.sign('20931'))).toBe(false)
})

for (const text of [
  'MjA5MzE=',
  '20931',
  'v1.MjA5MzE',
  'v1.MjA5MzE.',
  'v1.bm8.1.x',
  `v1.${Buffer.from('99999999999').toString('base64url')}.1.x`,
  `v1.${Buffer.from('007').toString('base64url')}.1.x`,
  `v2${reference.slice(2)}`,
  `${reference}.x`,
  '',
]) {
  test(`"${text}" is no signed reference`, () => expect(readSignedReference(text)).toBeUndefined())
}

for (const [value, expected] of [
  [undefined, false],
  [null, false],
  ['', false],
  ['false', false],
  ['FALSE', false],
  ['true', true],
  ['TRUE', true],
  ['yes', true],
] as const) {
  test(`${value} ${expected ? 'asks' : 'does not ask'} for a secret address`, () => {
    const configuration: Configuration = value === undefined ? {} : { 'event.webhook.secret.required': value }
    expect(requiresSecretReference({ configuration })).toBe(expected)
  })
}

function version(text: string) {
  return { ...secret, configuration: { ...secret.configuration, 'event.webhook.secret.version': text } }
}
