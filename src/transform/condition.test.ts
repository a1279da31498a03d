import { describe, expect, test } from 'vitest'
import { elementFor, parseConditions, satisfies } from './condition.ts'

describe('an element satisfies', () => {
  const cases: [text: string, element: unknown, expected: boolean][] = [
    ['id=4', { id: 4 }, true],
    ['id=4', { id: '4' }, true],
    ['id = 4', { id: 4 }, true],
    ['id==4', { id: 4 }, true],
    ['id=4', { id: 44 }, false],
    ['id=4', {}, false],
    ['id=4', null, false],
    ['id=4', 4, false],
    ['a.b=x', { a: { b: 'x' } }, true],
    ['name=Full Name', { name: 'Full Name' }, true],
    ['?(@.id==2)', { id: 2 }, true],
    ['?(@.id===2)', { id: 2 }, true],
    ["?(@.id=='2')", { id: 2 }, true],
    ['?(@.id!=2)', { id: 2 }, false],
    ['?(@.id!=2)', { id: 3 }, true],
    ['?(@.id!=2)', {}, true],
    ['?(@.flags.on==true)', { flags: { on: true } }, true],
    ['?(@.flags.on==true)', { flags: { on: 'true' } }, true],
    ['?(@.flags.on==true)', { flags: {} }, false],
    ['?(@.gone==null)', { gone: null }, true],
    ['?(@.gone==null)', {}, true],
    ['?(@.gone!=null)', { gone: 0 }, true],
    ['?(@.n<3)', { n: 2 }, true],
    ['?(@.n<=3)', { n: 3 }, true],
    ['?(@.n>3)', { n: '4' }, true],
    ['?(@.n>=3)', { n: 2 }, false],
    ['?(@.n>3)', { n: 'text' }, false],
    ['?(@.n>3)', {}, false],
    ["?(@.s>'b')", { s: 'c' }, true],
    ['?(@.x)', { x: 'here' }, true],
    ['?(@.x)', { x: false }, false],
    ['?(@.x)', {}, false],
    ['?(@.a==1 && @.b==2)', { a: 1, b: 2 }, true],
    ['?(@.a==1 && @.b==2)', { a: 1, b: 3 }, false],
    ["?(@.a=='x && y || z')", { a: 'x && y || z' }, true],
    ['constructor=x', {}, false],
    ['o=[object Object]', { o: {} }, false],
  ]
  for (const [text, element, expected] of cases) {
    test(`${text}: ${JSON.stringify(element)} ${expected}`, () => {
      expect(satisfies(element, parseConditions(text) ?? [])).toBe(expected)
    })
  }
})

test('what is no condition', () => {
  for (const text of ['id', '=4', 'id=', '?(id==4)', '?()', '?(@.a==1 || @.b)', '?(@.a==1', '']) {
    expect(parseConditions(text), text).toBeUndefined()
  }
})

test('an element for conditions that say what something equals', () => {
  const element = (text: string) => elementFor(parseConditions(text) ?? [])
  expect(element('id=4')).toStrictEqual({ id: 4 })
  expect(element("id='4'")).toStrictEqual({ id: '4' })
  expect(element('id=004')).toStrictEqual({ id: '004' })
  expect(element("?(@.a.b==true && @.a.c=='x')")).toStrictEqual({ a: { b: true, c: 'x' } })
  expect(element('?(@.a==1 && @.b>2)')).toBeUndefined()
  expect(element('?(@.a)')).toBeUndefined()
})
