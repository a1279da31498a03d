import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Cipher, createCipher, createSealer } from '../store/cipher.ts'
import { keyRingFromText } from '../store/key-ring.ts'
import { assertDepth, issueAlias, readAlias } from './script-alias.ts'

const cipherOf = (): Cipher => {
  const keys = () => [{ version: 1, key: randomBytes(32) }]
  const ring = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test')
  return createCipher(createSealer(ring), { lookup: keys(), pageToken: keys() })
}
const cipher = cipherOf()
const NOW = new Date('2024-05-01T10:00:00Z')
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const alias = { userId: 12, instanceId: 345, depth: 2 }
const issued = issueAlias(cipher, NOW, alias)

test('an alias stands for its user and instance for a minute', () => {
  expect(readAlias(cipher, NOW, issued)).toEqual(alias)
  expect(readAlias(cipher, later(59), issued)).toEqual(alias)
  expect(readAlias(cipher, later(60), issued)).toBeUndefined()
})

test('it may stand in a header', () => expect(issued).toMatch(/^[\w.-]{1,200}$/))

test.each<[string, string | undefined]>([
  ['nothing', undefined],
  ['a secret', 'c2VjcmV0IG9mIGEgdXNlciB0aGF0IGlzIGxvbmcK='],
  ['another user', issued.replace('vsa-12-', 'vsa-13-')],
  ['another instance', issued.replace('-345-', '-346-')],
  ['less deep', issued.replace('-2-', '-1-')],
  ['a longer time', issued.replace(/^((?:\w+-){4})\w+/, '$1zzzzzzzz')],
  ['another hub', issueAlias(cipherOf(), NOW, alias)],
  ['the signature of something else', issued.replace(/-[^-]+$/, `-${cipher.sign('x')}`)],
  ['something behind it', `${issued}x`],
])('%s is none', (_name, text) => expect(readAlias(cipher, NOW, text)).toBeUndefined())

test('ten deep is the end', () => {
  assertDepth(10, '/my-contacts')
  expect(() => assertDepth(11, '/my-contacts')).toThrow(/\/my-contacts was called by a script/)
})
