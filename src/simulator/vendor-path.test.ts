import { expect, test } from 'vitest'
import { pathSegments, vendorPath } from './vendor-path.ts'

for (const [pattern, path, values] of [
  ['/deals/{id}', '/deals/7', ['7']],
  ['deals/{id}/', '/deals//7/', ['7']],
  ['/deals/{id}', '/deals/a%2Fb', ['a/b']],
  ['/deals/{id}', '/deals/%zz', ['%zz']],
  ['/deals/{id}', '/deals', undefined],
  ['/deals/{id}', '/deals/7/notes', undefined],
  ['/Custs({company},{num})', '/Custs(acme,12)', ['acme', '12']],
  ['/Custs({company},{num})', '/Custs(acme,)', undefined],
  ['/people/~:(id,name)', '/people/~%3A(id%2Cname)', []],
  ['/A SRV;v=002/$batch', '/A%20SRV;v=002/$batch', []],
  ['/x{a}{b}y', '/x123y', ['1', '23']],
  ['/oauth/authorize', '/oauth/authorize%20', []],
  ['/x{a}', '/x', undefined],
  ['/', '/', []],
  ['', '/x', undefined],
] as const)
  test(`${pattern} ${values ? 'fits' : 'does not fit'} ${path}`, () =>
    expect(vendorPath(pattern).match(pathSegments(path))).toEqual(values))

test('names of variables do not make another pattern', () =>
  expect(vendorPath('/a/{x}/b').key).toBe(vendorPath('/a/{y}/b?z=1').key))

test('a segment of many variables costs one walk', () => {
  const path = vendorPath(`/${'{x}'.repeat(600)}!`)
  const started = performance.now()
  expect(path.match([`${'a'.repeat(2000)}`])).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(1000)
})
