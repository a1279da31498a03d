import { expect, test } from 'vitest'
import { readReference } from './read-reference.ts'

const id = (instanceId: number) => ({ instanceId, signature: undefined })

for (const [name, text, expected] of [
  ['digits', '20931', id(20931)],
  ['Base64 with padding', 'MjA5MzE=', id(20931)],
  ['Base64 without padding', 'MjA5MzE', id(20931)],
  ['Base64 of an id of four digits', 'NDcxMQ==', id(4711)],
  ['the largest id', Buffer.from('2147483647').toString('base64'), id(2147483647)],
  ['a signed one', 'v1.MjA5MzE.1.abc_-', { instanceId: 20931, signature: '1.abc_-' }],
  ['digits that no id has', '99999999999', undefined],
  ['zero', '0', undefined],
  ['Base64 of an id that no row has', Buffer.from('99999999999').toString('base64'), undefined],
  ['Base64 of a text', 'YWJj', { token: 'YWJj' }],
  ['a token', 'a+b/c==token', { token: 'a+b/c==token' }],
  ['a signed one without its signature', 'v1.MjA5MzE', { token: 'v1.MjA5MzE' }],
  ['nothing', '', undefined],
  ['more than a token has', 'x'.repeat(201), undefined],
] as const) {
  test(`${name}: "${text.slice(0, 30)}"`, () => expect(readReference(text)).toEqual(expected))
}
