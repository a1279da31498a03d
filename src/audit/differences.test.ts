import { describe, expect, test } from 'vitest'
import { differences } from './differences.ts'

const row = (id: number, key: string, more: object) => ({ id, key, ...more })

describe('what two states differ in', () => {
  for (const [name, before, after, expected] of [
    ['the same thing', { a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, {}],
    ['one member', { a: 1, b: 2 }, { a: 1, b: 3 }, { before: { b: 2 }, after: { b: 3 } }],
    [
      'a member deep inside',
      { a: { b: { c: 1, d: 2 } } },
      { a: { b: { c: 9, d: 2 } } },
      { before: { a: { b: { c: 1 } } }, after: { a: { b: { c: 9 } } } },
    ],
    ['a member that came', { a: 1 }, { a: 1, b: null }, { after: { b: null } }],
    ['a member that went', { a: 1, b: 2 }, { a: 1 }, { before: { b: 2 } }],
    ['something that was made', undefined, { a: 1, b: { c: 2 } }, { after: { a: 1, b: { c: 2 } } }],
    ['something that was removed', { a: 1 }, undefined, { before: { a: 1 } }],
    ['another kind of value', { a: { b: 1 } }, { a: [1] }, { before: { a: { b: 1 } }, after: { a: [1] } }],
    [
      'a plain list, shown whole',
      { tags: ['a', 'b'] },
      { tags: ['a'] },
      { before: { tags: ['a', 'b'] }, after: { tags: ['a'] } },
    ],
    [
      'parts by id: one changed, one came, one went',
      {
        hooks: [
          { id: 1, body: 'x', type: 'pre' },
          { id: 2, body: 'y' },
          { id: 3, body: 'same' },
        ],
      },
      {
        hooks: [
          { id: 3, body: 'same' },
          { id: 1, body: 'z', type: 'pre' },
          { id: 4, body: 'n' },
        ],
      },
      {
        before: {
          hooks: [
            { id: 1, body: 'x' },
            { id: 2, body: 'y' },
          ],
        },
        after: {
          hooks: [
            { id: 1, body: 'z' },
            { id: 4, body: 'n' },
          ],
        },
      },
    ],
    [
      'parts by key, where they have no id',
      [
        { key: 'a', on: true },
        { key: 'b', on: true },
      ],
      [
        { key: 'b', on: false },
        { key: 'a', on: true },
      ],
      { before: [{ key: 'b', on: true }], after: [{ key: 'b', on: false }] },
    ],
    ['parts in another order only', [{ id: 1 }, { id: 2 }], [{ id: 2 }, { id: 1 }], {}],
    [
      'parts of which two have one id are no parts',
      [
        { id: 1, a: 1 },
        { id: 1, a: 2 },
      ],
      [{ id: 1, a: 1 }],
      {
        before: [
          { id: 1, a: 1 },
          { id: 1, a: 2 },
        ],
        after: [{ id: 1, a: 1 }],
      },
    ],
    ['a date', { at: new Date(0) }, { at: new Date(1) }, { before: { at: new Date(0) }, after: { at: new Date(1) } }],
    ['equal dates', { at: new Date(1) }, { at: new Date(1) }, {}],
    ['the date of a change alone', { id: 1, updatedDate: 'a' }, { id: 1, updatedDate: 'b' }, {}],
    ['members that every object has', JSON.parse('{"constructor":1}'), {}, { before: { constructor: 1 } }],
  ] as [string, unknown, unknown, object][]) {
    test(name, () => expect(differences(before, after)).toEqual(expected))
  }
})

describe('secrets', () => {
  const shown = (before: unknown, after: unknown, secrets = {}) => JSON.stringify(differences(before, after, secrets))

  for (const name of [
    'password',
    'userSecret',
    'oauth.api.secret',
    'oauth.api.key',
    'api_key',
    'refreshToken',
    'passwordHash',
    'event.notification.callback.headers',
    'tokens',
  ]) {
    test(`${name} is seen to have changed, and not what it is`, () => {
      expect(differences({ [name]: 'old-one' }, { [name]: 'new-one' })).toEqual({
        before: { [name]: '********' },
        after: { [name]: '********' },
      })
    })
  }

  test('equal ones are no difference; whether there is one may be seen', () => {
    expect(differences({ password: 'same-one' }, { password: 'same-one' })).toEqual({})
    expect(differences({ password: null }, { password: 'new-one' })).toEqual({
      before: { password: null },
      after: { password: '********' },
    })
    expect(differences({}, { password: 'new-one' })).toEqual({ after: { password: '********' } })
  })

  test('a whole object under a secret name is one secret', () => {
    expect(shown(undefined, { credentials: { user: 'ada', pin: 'x' } })).toBe('{"after":{"credentials":"********"}}')
  })

  test('rules and addresses with a secret word in their name are none', () => {
    const policy = {
      minPasswordLength: 8,
      'oauth.token.url': 'https://x',
      nextPageToken: true,
      previousPasswordCount: 3,
    }
    expect(differences(undefined, policy).after).toEqual(policy)
  })

  test('a configuration row of type PASSWORD, also when only its default changes', () => {
    const before = {
      configuration: [
        row(5, 'tenant', { type: 'PASSWORD', defaultValue: 'old-one' }),
        row(6, 'b', { defaultValue: 'x' }),
      ],
    }
    const after = {
      configuration: [
        row(5, 'tenant', { type: 'PASSWORD', defaultValue: 'new-one' }),
        row(6, 'b', { defaultValue: 'y' }),
      ],
    }
    expect(differences(before, after)).toEqual({
      before: {
        configuration: [
          { id: 5, defaultValue: '********' },
          { id: 6, defaultValue: 'x' },
        ],
      },
      after: {
        configuration: [
          { id: 5, defaultValue: '********' },
          { id: 6, defaultValue: 'y' },
        ],
      },
    })
    expect(
      shown(before, { configuration: [row(5, 'tenant', { type: 'TEXTFIELD_128', defaultValue: 'new-one' })] }),
    ).not.toMatch(/old-one|new-one/)
    expect(shown(undefined, after)).not.toContain('new-one')
  })

  test('a row whose key is a secret, and a parameter that sends a fixed credential', () => {
    expect(
      shown(undefined, row(1, 'oauth.api.secret', { type: 'TEXTFIELD_128', defaultValue: 'hush-hush' })),
    ).not.toContain('hush')
    const parameter = { id: 1, type: 'value', vendorType: 'header', vendorName: 'X-Api-Key', name: 'hush-hush' }
    expect(shown(undefined, parameter)).not.toContain('hush')
    expect(shown(undefined, { ...parameter, vendorName: 'Accept', name: 'text/csv' })).toContain('text/csv')
  })

  test('what the room knows: names of its own, and values wherever they stand', () => {
    const secrets = { isSecret: (name: string) => name === 'tenant', values: ['hush-hush', 'ab'] }
    const after = { tenant: 'x1', note: 'cab', url: 'https://h/?k=hush-hush', list: ['is hush-hush'] }
    expect(differences(undefined, after, secrets)).toEqual({
      after: { tenant: '********', note: 'cab', url: 'https://h/?k=********', list: ['is ********'] },
    })
    expect(differences({ tenant: 'x1' }, { tenant: 'x2' }, secrets).before).toEqual({ tenant: '********' })
  })

  test('inside of texts: in addresses, headers and JSON', () => {
    const configuration = {
      'base.url': 'https://ada:hush-hush@api.example.com/v1',
      header: 'Authorization: Bearer hush-hush',
      json: '{"client_secret":"hush-hush","a":1}',
    }
    expect(shown({ configuration: { 'base.url': 'https://ada:hush-too@old.example' } }, { configuration })).toBe(
      JSON.stringify({
        before: { configuration: { 'base.url': 'https://ada:********@old.example' } },
        after: {
          configuration: {
            'base.url': 'https://ada:********@api.example.com/v1',
            header: 'Authorization: Bearer ********',
            json: '{"client_secret":"********","a":1}',
          },
        },
      }),
    )
  })

  test('scripts stay readable', () => {
    const body = 'done({ request_vendor_headers: { Authorization: "Bearer " + configuration["oauth.user.token"] } })'
    expect(differences(undefined, { hooks: [{ id: 1, body }] })).toEqual({ after: { hooks: [{ id: 1, body }] } })
  })
})
