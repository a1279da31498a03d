import { describe, expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { maskedConfiguration, missingKeys, readConfiguration, splitSecrets } from './configuration.ts'

describe('the configuration of a request as stored text (spec 10 §4.3, 00 §13)', () => {
  for (const [name, given, expected] of [
    ['absent', undefined, {}],
    ['null', null, {}],
    ['text stays', { a: 'x', b: '' }, { a: 'x', b: '' }],
    ['booleans', { a: true, b: false }, { a: 'true', b: 'false' }],
    ['numbers', { a: 0, b: 1.5 }, { a: '0', b: '1.5' }],
    ['null takes a value away', { a: null }, { a: null }],
    ['objects are JSON text', { a: { b: [1] } }, { a: '{"b":[1]}' }],
    ['eight asterisks keep what is stored', { password: '********', a: '1' }, { a: '1' }],
    ['seven do not', { password: '*******' }, { password: '*******' }],
    [
      'the misspelt key of some documents means the right one',
      { 'vendor.event.type': 'polling' },
      { 'vendor.event.type': 'polling', 'event.vendor.type': 'polling' },
    ],
    [
      'beside the right one it says nothing',
      { 'vendor.event.type': 'polling', 'event.vendor.type': 'webhooks' },
      { 'vendor.event.type': 'polling', 'event.vendor.type': 'webhooks' },
    ],
    ['undeclared keys are kept (spec 01 §1)', { provisioning: 'x' }, { provisioning: 'x' }],
  ] as const) {
    test(name, () => {
      expect(readConfiguration(given)).toEqual(expected)
    })
  }

  for (const [name, given, message] of [
    ['a list', [], /expected an object/],
    ['text', 'a=1', /expected an object/],
    [
      'too many keys',
      Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`k${index}`, 1])),
      /501 keys are more than 500/,
    ],
    ['a key that is too long', { ['k'.repeat(201)]: 1 }, /a key has more than 200 characters/],
    ['a value that is too long', { jks: 'x'.repeat(100_001) }, /the value of jks has more than 100000 characters/],
  ] as const) {
    test(`${name} is refused`, () => {
      expect(() => readConfiguration(given)).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }),
      )
    })
  }

  test('names of every object are ordinary keys', () => {
    const values = readConfiguration(JSON.parse('{"__proto__":"a","constructor":"b"}'))
    expect(Object.keys(values).toSorted()).toEqual(['__proto__', 'constructor'])
  })
})

const element = elementOf({
  configuration: [
    row('subdomain', undefined, { required: true, displayOrder: 3 }),
    row('password', undefined, { required: true, type: 'PASSWORD', displayOrder: 2 }),
    row('username', undefined, { required: true, displayOrder: 1 }),
    row('oauth.user.token', undefined, { required: true, internal: true, displayOrder: 0 }),
    row('note', undefined, { displayOrder: 0 }),
    row('region', undefined, { required: true }),
  ],
})

describe('missing keys, in display order (spec 10 §4.3)', () => {
  for (const [name, given, exempt, expected] of [
    ['everything', {}, [], ['region', 'username', 'password', 'subdomain']],
    ['an empty value is missing', { username: '', password: 'p', subdomain: 's', region: 'r' }, [], ['username']],
    ['null is missing', { username: null, password: 'p', subdomain: 's', region: 'r' }, [], ['username']],
    ['what comes from elsewhere is not', { region: 'r' }, ['username', 'password'], ['subdomain']],
    ['complete', { username: 'u', password: 'p', subdomain: 's', region: 'r' }, [], []],
    ['"false" is a value', { username: 'false', password: 'p', subdomain: 's', region: 'r' }, [], []],
  ] as const) {
    test(name, () => {
      expect(missingKeys(element, given, new Set(exempt))).toEqual(expected)
    })
  }
})

test('secrets are kept apart from the rest', () => {
  expect(
    splitSecrets(element, { username: 'u', password: 'p', 'oauth.user.token': 't', 'my.secret': 's', note: null }),
  ).toEqual({
    plain: { username: 'u', note: null },
    secret: { password: 'p', 'oauth.user.token': 't', 'my.secret': 's' },
  })
})

test('secrets with a value are eight asterisks, those without say so (spec 10 §4.4)', () => {
  expect(
    maskedConfiguration(element, { username: 'u', password: 'p', 'oauth.user.token': null, 'oauth.api.secret': '' }),
  ).toEqual({
    username: 'u',
    password: '********',
    'oauth.user.token': null,
    'oauth.api.secret': '',
  })
})
