import { describe, expect, test } from 'vitest'
import { compilePathTemplate } from './path-template.ts'

for (const [name, text, names, values, expected] of [
  ['plain text has no placeholder', '/contacts', [], {}, '/contacts'],
  ['a placeholder is filled', '/contacts/{id}', ['id'], { id: '7' }, '/contacts/7'],
  ['several, also in one segment', '/{a}-{b}/{c}', ['a', 'b', 'c'], { a: '1', b: '2', c: '3' }, '/1-2/3'],
  ['what is not known stays literal', '/x/{id}', ['id'], {}, '/x/{id}'],
  ['{:id} and :id are the same name', '/x/{:id}', ['id'], { id: '7' }, '/x/7'],
  ['an unfilled {:id} keeps its colon', '/x/{:id}', ['id'], {}, '/x/{:id}'],
  [
    'names may hold blanks and dashes',
    '/{from currency}/{x-y}',
    ['from currency', 'x-y'],
    { 'x-y': 'z' },
    '/{from currency}/z',
  ],
  [
    'a dotted configuration key',
    'https://{site.address}/api',
    ['site.address'],
    { 'site.address': 'a' },
    'https://a/api',
  ],
  ['an empty value is a value', '/x/{id}/y', ['id'], { id: '' }, '/x//y'],
  ['the same name twice', '/{a}/{a}', ['a', 'a'], { a: '1' }, '/1/1'],
  ['JSON in a query is no placeholder', '/x?f={"a":{"b":1}}', ['"b":1'], {}, '/x?f={"a":{"b":1}}'],
  ['a filled value is not looked at again', '/{a}/{b}', ['a', 'b'], { a: '{b}', b: '2' }, '/{b}/2'],
] as const) {
  test(name, () => {
    const template = compilePathTemplate(text)
    expect(template.names).toEqual(names)
    expect(template.fill((key) => (values as Record<string, string>)[key])).toBe(expected)
  })
}

describe('a placeholder of several segments', () => {
  const fill = (value: string) => compilePathTemplate('/root:/{+path}:/content').fill(() => encodeURIComponent(value))
  for (const [value, expected] of [
    ['a b/c#d.txt', '/root:/a%20b/c%23d.txt:/content'],
    ['/a/b/', '/root:/a/b:/content'],
    ['one', '/root:/one:/content'],
  ] as const)
    test(value, () => {
      expect(fill(value)).toBe(expected)
    })

  test('is named without its sign', () => {
    expect(compilePathTemplate('/{+path}').names).toEqual(['path'])
  })
})
