import { expect, test } from 'vitest'
import { kindOf, namedBy } from './whom.ts'

const JSON_BODY = '{"instance_id":4711,"objectType":"accounts"}'
const name = (
  kind: 'webhook' | 'polling',
  reference: string | undefined,
  headers: Record<string, string> = {},
  body = JSON_BODY,
) => namedBy(kind, reference, { headers, query: '', contentType: 'application/json', body: Buffer.from(body) })
const ids = (...instanceIds: number[]) => ({ instanceIds })

for (const [fact, given, expected] of [
  ['the path comes first', name('polling', 'MTI=', { 'element-instances': '13', id: '14' }), ids(12)],
  ['then the header', name('polling', undefined, { 'element-instances': '13, 14', id: '15' }), ids(13, 14)],
  ['also where the path names nobody', name('webhook', 'abc', { 'element-instances': '13' }), ids(13)],
  ['then the body of a polled payload', name('polling', undefined, { id: '15' }), ids(4711)],
  ['an id may be a text', name('polling', undefined, {}, '{"instance_id":"15"}'), ids(15)],
  ['then its header', name('polling', undefined, { id: '15' }, '[]'), ids(15)],
  ['a webhook is not told by its body', name('webhook', undefined, { id: '15' }), ids()],
  ['a token is looked up', name('webhook', 'abc'), { token: 'abc' }],
  [
    'a large body that is no JSON is not looked into',
    namedBy('polling', undefined, {
      ...{ headers: { id: '15' }, query: '', contentType: 'application/x-www-form-urlencoded' },
      body: Buffer.from(`instance_id=7&x=${'x'.repeat(70_000)}`),
    }),
    ids(15),
  ],
  ['of a large body', name('polling', undefined, {}, `{"instance_id":7,"x":"${'x'.repeat(70_000)}"}`), ids(7)],
  ['nobody is named', name('polling', undefined, {}, '{'), ids()],
] as const) {
  test(fact, () => expect(given).toEqual(expected))
}

for (const [header, expected] of [
  ['', []],
  ['a', []],
  ['x,,', []],
  ['1,,2', [1, 2]],
  ['0,15', [15]],
  ['99999999999', []],
] as const) {
  test(`"${header}" lists ${expected.length} instances`, () => {
    expect(name('webhook', undefined, { 'element-instances': header })).toEqual(ids(...expected))
  })
}

test('more than 100 ids are refused', () => {
  const header = Array(101).fill('1').join()
  expect(() => name('webhook', undefined, { 'element-instances': header })).toThrow(/at most 100 ids/)
})

for (const [key, elementKey, kind] of [
  ['acmecrm', 'acmecrm', 'webhook'],
  ['acmecrmPolling', 'acmecrm', 'polling'],
  ['Polling', 'Polling', 'webhook'],
  ['acme\0', 'acme\ufffd', 'webhook'],
] as const) {
  test(`${JSON.stringify(key)} is a ${kind} of ${elementKey}`, () => expect(kindOf(key)).toEqual({ elementKey, kind }))
}
