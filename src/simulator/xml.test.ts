import { describe, expect, test } from 'vitest'
import { fromXml, toXml, withoutNamespaces } from './xml.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

for (const [fact, value, expected] of [
  ['one member is the root', { db: { a: 1 } }, '<db><a>1</a></db>'],
  ['several members are wrapped', { a: 1, b: null }, '<things><a>1</a><b/></things>'],
  ['lists are wrapped', [{ a: 1 }, { a: 2 }], '<things><item><a>1</a></item><item><a>2</a></item></things>'],
  ['a member that is a list is no root', { a: [1, 2] }, '<things><a>1</a><a>2</a></things>'],
  ['attributes and text', { a: { '@id': '1"', '#text': '<b>' } }, '<a id="1&quot;">&lt;b&gt;</a>'],
  ['names that no element can have', { r: { '1 a$': 1, 'soap:x': 2 } }, '<r><_1_a_>1</_1_a_><soap:x>2</soap:x></r>'],
  ['control characters', { a: { b: 'x\u0000y' } }, '<a><b>xy</b></a>'],
  ['nothing', undefined, '<things/>'],
] as const)
  test(`${fact}`, () => expect(toXml(value, 'things')).toBe(HEAD + expected))

test('what is written can be read', () => {
  const value = { root: { '@a': '1', rows: { row: [{ x: 'a & b' }, { x: 'c' }] } } }
  expect(fromXml(toXml(value, 'x'))).toEqual(value)
})

test('namespaces are taken off', () => {
  const document = fromXml('<s:Op xmlns:s="urn:x"><s:id xsi:type="xsd:int">1</s:id></s:Op>')
  expect(withoutNamespaces(document)).toEqual({ Op: { id: { '#text': '1' } } })
})

describe('what cannot be read', () => {
  for (const text of ['', 'x', '{"a":1}', '<a', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;&b;</a'])
    test(`"${text}" is nothing`, () => expect(() => fromXml(text)).not.toThrow())

  test('entities that grow do not', () => {
    const lol = Array.from({ length: 12 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')
    const read = fromXml(`<!DOCTYPE a [<!ENTITY l0 "lol">${lol}]><a>&l12;</a>`)
    expect(JSON.stringify(read ?? '').length).toBeLessThan(200_000)
  })

  test('deep documents are refused', () => expect(fromXml('<a>'.repeat(50_000))).toBeUndefined())

  test('dangerous names stay members', () => {
    fromXml('<a><__proto__><x>1</x></__proto__></a>')
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})
