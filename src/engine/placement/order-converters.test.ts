import { expect, test } from 'vitest'
import { callOf, elementOf, parameter, resource, vendorUrl } from '../../../test/support/engine.ts'
import { orderConverters } from './order-converters.ts'

for (const [name, given, expected] of [
  ['ascending is the default', 'name', 'name'],
  ['ascending may be said', 'name asc', 'name'],
  ['descending becomes a suffix', 'last_name desc', 'last_name:desc'],
  ['letter case of the direction does not count', 'last_name DESC', 'last_name:desc'],
  ['several fields keep their order', 'last_name desc, name', 'last_name:desc,name'],
  ['blanks around and between do not count', '  a   desc ,b  asc ', 'a:desc,b'],
  ['an empty term is no term', 'a,,b desc,', 'a,b:desc'],
  ["the vendor's own notation stays", 'last_name:desc', 'last_name:desc'],
  ["the vendor's own ascending notation stays", 'last_name:asc,name', 'last_name:asc,name'],
  ['a field called desc is a field', 'desc', 'desc'],
  ['a dotted name is a name', 'address.city desc', 'address.city:desc'],
  ['what is no order stays for the vendor to judge', 'a b c', 'a b c'],
] as const) {
  test(`toColonOrder: ${name}`, () => {
    expect(orderConverters['toColonOrder']?.(given)).toBe(expected)
  })
}

const lists = (converter?: string) =>
  elementOf({
    resources: [
      resource('GET', '/contacts', {
        parameters: [parameter('query orderBy', 'query sort_by', converter === undefined ? {} : { converter })],
      }),
    ],
  })

for (const [name, converter, orderBy, expected] of [
  ['a converter writes the order', 'toColonOrder', 'last_name desc, name', '?sort_by=last_name%3Adesc%2Cname'],
  ['without one the text goes as written', undefined, 'last_name desc', '?sort_by=last_name%20desc'],
  ['an unknown one passes the text', 'toArrows', 'last_name desc', '?sort_by=last_name%20desc'],
  ['a name of every object is no converter', 'constructor', 'a', '?sort_by=a'],
  ['no order, no parameter', 'toColonOrder', '', ''],
] as const) {
  test(`orderBy: ${name}`, async () => {
    const url = await vendorUrl(lists(converter), callOf(`GET /contacts?orderBy=${encodeURIComponent(orderBy)}`))
    expect(url).toBe(`https://api.acme.test/v1/contacts${expected}`)
  })
}
