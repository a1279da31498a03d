import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { contextOf, createCipher, createSealer, type DataKey } from './cipher.ts'
import { keyRingFromText } from './key-ring.ts'

const entry = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const dataKey = (version: number): DataKey => ({ version, key: randomBytes(32) })

const [first, second] = [entry('k1'), entry('k2')]
const sealer = createSealer(keyRingFromText(first, 'test'))
const context = contextOf('users', 'secret_ciphertext', 17)

describe('sealing', () => {
  test('a context names table, column and row', () => {
    expect(context).toBe('users.secret_ciphertext:17')
  })

  for (const plain of ['', 'secret', 'Zoë 🗝', 'x'.repeat(100_000)]) {
    test(`${plain.length} characters open again`, () => {
      const sealed = sealer.seal(plain, context)
      expect(sealed).toMatch(/^v1\.k1\.[A-Za-z0-9_-]+$/)
      expect(sealer.open(sealed, context)).toBe(plain)
    })
  }

  test('the same text never looks the same twice', () => {
    expect(sealer.seal('secret', context)).not.toBe(sealer.seal('secret', context))
  })

  const sealed = sealer.seal('secret', context)
  for (const [name, text, where, complaint] of [
    [
      'moved to another row',
      sealed,
      contextOf('users', 'secret_ciphertext', 18),
      'users.secret_ciphertext:18 does not open with key "k1"',
    ],
    ['with a changed nonce', `v1.k1.${flip(sealed.slice(6), 0)}`, context, 'does not open'],
    ['with a changed body', `v1.k1.${flip(sealed.slice(6), 18)}`, context, 'does not open'],
    ['with a changed tag', `v1.k1.${flip(sealed.slice(6), -3)}`, context, 'does not open'],
    ['cut short', sealed.slice(0, -4), context, 'does not open'],
    ['too short for nonce and tag', 'v1.k1.AAAA', context, 'does not hold a sealed text'],
    ['of another form', 'secret', context, 'does not hold a sealed text'],
    ['with a blank at the end', `${sealed} `, context, 'does not hold a sealed text'],
    [
      'under a key we do not have',
      sealed.replace('k1', 'k9'),
      context,
      'sealed with key "k9", which is not in the key ring',
    ],
  ] as const) {
    test(`a text ${name} is refused`, () => {
      expect(() => sealer.open(text, where)).toThrow(complaint)
    })
  }

  test('another key under the same id is refused', () => {
    const other = createSealer(keyRingFromText(entry('k1'), 'test'))
    expect(() => other.open(sealed, context)).toThrow('the key ring holds another key of that name')
  })

  test('a new first key seals, the old one still opens', () => {
    const rotated = createSealer(keyRingFromText(`${second},${first}`, 'test'))
    expect(rotated.open(sealed, context)).toBe('secret')
    expect(rotated.seal('secret', context)).toMatch(/^v1\.k2\./)
  })
})

describe('sealing bytes', () => {
  const plain = randomBytes(300_000)
  const part = 'bulk_parts:7/a'
  const sealed = sealer.sealBytes(plain, part)

  test('they open again, and say which key sealed them', () => {
    expect(sealed.toString('latin1', 0, 6)).toBe('v1.k1.')
    expect(sealed.includes(plain.subarray(0, 16))).toBe(false)
    expect(sealer.openBytes(sealed, part)).toEqual(plain)
    expect(sealer.openBytes(sealer.sealBytes(Buffer.alloc(0), part), part)).toHaveLength(0)
  })

  test('a new first key seals, the old one still opens', () => {
    const rotated = createSealer(keyRingFromText(`${second},${first}`, 'test'))
    expect(rotated.openBytes(sealed, part)).toEqual(plain)
    expect(rotated.sealBytes(plain, part).toString('latin1', 0, 6)).toBe('v1.k2.')
  })

  const withByte = (at: number) => {
    const copy = Buffer.from(sealed)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  for (const [name, bytes, where, complaint] of [
    ['moved', sealed, 'bulk_parts:7/b', 'bulk_parts:7/b does not open with key "k1": the file was altered or moved'],
    ['with a changed nonce', withByte(8), part, 'does not open'],
    ['with a changed body', withByte(150_000), part, 'does not open'],
    ['with a changed tag', withByte(sealed.length - 1), part, 'does not open'],
    ['cut short', sealed.subarray(0, -1), part, 'does not open'],
    ['of another form', plain, part, 'does not hold a sealed file'],
    ['that is empty', Buffer.alloc(0), part, 'does not hold a sealed file'],
    ['under a key we do not have', Buffer.concat([Buffer.from('v1.k9.'), sealed.subarray(6)]), part, 'key "k9", which'],
  ] as const) {
    test(`a file ${name} is refused`, () => {
      expect(() => sealer.openBytes(bytes, where)).toThrow(complaint)
    })
  }
})

describe('lookups and signatures', () => {
  const [lookup1, token1] = [dataKey(1), dataKey(1)]
  const before = createCipher(sealer, { lookup: [lookup1], pageToken: [token1] })
  const after = createCipher(sealer, { lookup: [dataKey(2), lookup1], pageToken: [dataKey(2), token1] })

  test('a lookup is the same every time and carries its version', () => {
    expect(before.lookup('s')).toMatch(/^1\.[0-9a-f]{64}$/)
    expect(before.lookup('s')).toBe(before.lookup('s'))
    expect(before.lookup('s')).not.toBe(before.lookup('t'))
  })

  test('with a second lookup key, rows of both versions are found', () => {
    expect(after.lookups('s')).toEqual([after.lookup('s'), before.lookup('s')])
    expect(after.lookup('s')).toMatch(/^2\./)
  })

  test('signatures of every version in use verify; anything else does not', () => {
    const old = before.sign('page 2')
    expect(old).toMatch(/^1\.[A-Za-z0-9_-]{22}$/)
    expect(after.verify('page 2', old)).toBe(true)
    expect(after.verify('page 2', after.sign('page 2'))).toBe(true)
    expect(before.verify('page 2', after.sign('page 2'))).toBe(false)
    expect(after.verify('page 3', old)).toBe(false)
    for (const wrong of ['', '1.', old.slice(0, -1), `${old}A`, `2${old.slice(1)}`])
      expect(after.verify('page 2', wrong)).toBe(false)
  })

  test('without a key there is no cipher', () => {
    expect(() => createCipher(sealer, { lookup: [], pageToken: [token1] })).toThrow('no key in use for "lookup"')
  })
})

function flip(text: string, index: number): string {
  const characters = [...text]
  const at = index < 0 ? characters.length + index : index
  characters[at] = characters[at] === 'A' ? 'B' : 'A'
  return characters.join('')
}
