import { expect, test } from 'vitest'
import { readNeededText, readSwitch, readText, readWord, requireMembers } from './read-members.ts'

for (const [name, value, expected] of [
  ['absent stays', undefined, undefined],
  ['null takes away', null, null],
  ['blank takes away', '  ', null],
  ['text is trimmed', ' a ', 'a'],
  ['a number is text', 17, '17'],
  ['half a surrogate pair is replaced', 'a\ud800', 'a\ufffd'],
  ['255 characters fit', 'x'.repeat(255), 'x'.repeat(255)],
] as const) {
  test(`text: ${name}`, () => expect(readText({ member: value }, 'member')).toBe(expected))
}

for (const [name, value, complaint] of [
  ['256 characters', 'x'.repeat(256), 'member: expected at most 255 characters, got 256'],
  ['an object', {}, 'member: expected text, got an object'],
  ['a list', [], 'member: expected text, got a list'],
  ['a switch', true, 'member: expected text, got "true"'],
] as const) {
  test(`text is not ${name}`, () => expect(() => readText({ member: value }, 'member')).toThrow(complaint))
}

test('needed text may be absent, not empty', () => {
  expect(readNeededText({}, 'member')).toBeUndefined()
  for (const value of [null, '', ' '])
    expect(() => readNeededText({ member: value }, 'member')).toThrow('member: expected text that is not empty')
})

for (const [value, expected] of [
  [undefined, undefined],
  [null, undefined],
  [true, true],
  ['TRUE', true],
  ['false', false],
] as const) {
  test(`switch: ${value} is ${expected}`, () => expect(readSwitch({ member: value }, 'member')).toBe(expected))
}

test('a switch is nothing else', () => {
  for (const value of [1, 'yes', '', {}])
    expect(() => readSwitch({ member: value }, 'member')).toThrow('member: expected true or false')
})

test('words are taken in any case and answered in ours', () => {
  const words = ['paid', 'trial'] as const
  expect(readWord({ status: 'PAID' }, 'status', words)).toBe('paid')
  expect(readWord({ status: null }, 'status', words)).toBeUndefined()
  expect(() => readWord({ status: 'free' }, 'status', words)).toThrow('status: expected paid or trial, got "free"')
})

test('everything that is missing is named at once', () => {
  expect(() => requireMembers({ a: null, b: '', d: 0 }, ['a', 'b', 'c', 'd'], 'user')).toThrow(
    'Missing in user: a, b, c',
  )
})
