import { describe, expect, test } from 'vitest'
import { isWritable, MAX_WRITTEN_INDEX, parsePath, type Step } from './path.ts'

const key = (name: string): Step => ({ kind: 'key', name })
const each: Step = { kind: 'each' }
const at = (index: number): Step => ({ kind: 'at', index })

describe('a path is', () => {
  const cases: [text: string, steps: Step[], isSize?: boolean][] = [
    ['code', [key('code')]],
    ['properties.firstname', [key('properties'), key('firstname')]],
    ['line[*].amount', [key('line'), each, key('amount')]],
    ['itemList.item[*].item.id', [key('itemList'), key('item'), each, key('item'), key('id')]],
    ['Users[*]', [key('Users'), each]],
    ['tags[]', [key('tags'), each]],
    ['m[*][0]', [key('m'), each, at(0)]],
    ['handles.crm[10].uuid', [key('handles'), key('crm'), at(10), key('uuid')]],
    ['Products[*].size()', [key('Products'), each], true],
    ['Full Name.soap:Body.x-y_z$', [key('Full Name'), key('soap:Body'), key('x-y_z$')]],
    ['  padded  ', [key('padded')]],
    ['a..b.', [key('a'), key('b')]],
    ['a[\'b.c\']["d]"]', [key('a'), key('b.c'), key('d]')]],
    ['a[b', [key('a[b')]],
    ['a]b', [key('a]b')]],
    ['a[-1].b', [key('a[-1]'), key('b')]],
    ['a[?(x)].b', [key('a[?(x)]'), key('b')]],
    ['size()', [key('size()')]],
  ]
  for (const [text, steps, isSize = false] of cases) {
    test(text, () => expect(parsePath(text)).toStrictEqual({ steps, isSize }))
  }

  for (const text of [
    'Products[id=4].name',
    'Products[?(@.id==2)].name',
    "Products[?(@.name == 'a.b]')].name",
    "Products[name=O'Brien].name",
    'a[?( @.b.c >= 3 && @.d )].name',
  ]) {
    test(`${text}, with conditions`, () => {
      const path = parsePath(text)
      expect(path?.steps.map(({ kind }) => kind)).toStrictEqual(['key', 'match', 'key'])
    })
  }

  for (const text of ['', '   ', '.', '..', 'a'.repeat(501), 'a.'.repeat(33)]) {
    test(`none: ${text.slice(0, 10)} (${text.length})`, () => expect(parsePath(text)).toBeUndefined())
  }
})

describe('a mapping writes to', () => {
  for (const [text, expected] of [
    ['a.b[*].c', true],
    ['a[id=4].b', true],
    [`a[${MAX_WRITTEN_INDEX}]`, true],
    ['constructor.prototype', true],
    [`a[${MAX_WRITTEN_INDEX + 1}]`, false],
    ['a[*].size()', false],
    ['[*].a', false],
    ['[0].a', false],
    ['[id=4]', false],
    ['__proto__', false],
    ['a.__proto__.b', false],
    ['a[*].__proto__', false],
    ['a[__proto__=4].b', false],
  ] as const) {
    test(`${text}: ${expected}`, () => expect(isWritable(parsePath(text) as never)).toBe(expected))
  }
})
