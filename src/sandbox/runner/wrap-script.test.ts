import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { refuseOutside, wrapScript } from './wrap-script.ts'

const NAMES = ['a', 'b']

test.each<[string, boolean]>([
  ['done(a)', false],
  ['return a // the end', false],
  ['<!-- a comment of old\nreturn a', true],
  ['var f = function () { return "})" }; with (a) { b }', true],
  ['a = 1; /[})]/.test(`})`); /* }) */', false],
  ['"use strict"; return this', true],
  ['const { c, ...d } = a; label: for (const e of b) { continue label }', false],
  ['', false],
])('a body of a function: %s', (body, isLegacy) => {
  expect(() => refuseOutside(body, NAMES, isLegacy)).not.toThrow()
  expect(typeof runInNewContext(wrapScript(body, NAMES, isLegacy))).toBe('function')
})

/** Each would set `left` when the function is made. */
const OUTSIDE = [
  '}); left = 1; (function () {',
  '}()); left = 1; (function () {',
  '}, left = 1, function () {',
  '} + (left = 1), function () {',
  '}[left = 1]) + (function () {',
  '}); left = 1; ({',
  '}); left = 1; //',
  '}); left = 1; /*',
  '}) /* */ (left = 1); (function () {',
  '/* */ }); left = 1; (function () {',
  '`1`}); left = 1; (function () {',
  '\n}); left = 1\n;(function () {',
  '#!\n}); left = 1; (function () {',
  '#! }); left = 1; (function () {',
  '--> }); left = 1; (function () {',
  '\n--> }); left = 1; (function () {',
  '<!-- \n}); left = 1; (function () {',
  '\u2028}); left = 1; (function () {',
  '"use strict"}); left = 1; (function () {',
  '}) ? (left = 1) : (function () {',
  '}); left = 1; (async function () {',
  '}) => (left = 1); (function () {',
  '}); import("x"); left = 1; (function () {',
]

test.each(OUTSIDE.flatMap((body) => [[body, false] as const, [body, true] as const]))(
  'none that goes on outside: %j, %s',
  (body, isLegacy) => {
    const world: { left?: number } = {}
    const make = () => {
      refuseOutside(body, NAMES, isLegacy)
      runInNewContext(wrapScript(body, NAMES, isLegacy), world)
    }
    // a comment is one in the script as well, or it is no script
    if (!/^\s+-->/.test(body)) expect(make).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
    else make()
    expect(world.left).toBeUndefined()
  },
)

test('its error is that of one brace too many', () => {
  expect(() => refuseOutside('}); (function () {', NAMES, false)).toThrow(new SyntaxError("Unexpected token '}'"))
})

test('nothing of the text runs', () => {
  const world = globalThis as { left?: number }
  refuseOutside('globalThis.left = 1', NAMES, false)
  expect(world.left).toBeUndefined()
})
