import { expect, test } from 'vitest'
import { handshakeOf } from './handshake.ts'

const TOKEN = 'CloudElements@123'
const ask = (method: string, query = '', body = '') => handshakeOf({ method, query, body: Buffer.from(body) }, TOKEN)
const text = (body: string) => ({ type: 'text', body })
const SLACK = { type: 'url_verification', token: 'x', challenge: '3eZbrw1a' }

for (const [name, method, query, body, expected] of [
  ['GET without parameters', 'GET', '', '', text('')],
  ['HEAD without parameters', 'HEAD', '', '', text('')],
  [
    'Facebook',
    'GET',
    `hub.mode=subscribe&hub.verify_token=${encodeURIComponent(TOKEN)}&hub.challenge=42`,
    '',
    text('42'),
  ],
  ['WebSub, which has no verify token', 'GET', 'hub.mode=subscribe&hub.topic=x&hub.challenge=a%20b', '', text('a b')],
  ['Dropbox', 'GET', 'challenge=abc', '', text('abc')],
  ['an empty challenge', 'GET', 'challenge=', '', text('')],
  ['Graph', 'POST', 'validationToken=Validation%3A+a', '', text('Validation: a')],
  ['Slack', 'POST', '', JSON.stringify(SLACK), { type: 'json', body: '{"challenge":"3eZbrw1a"}' }],
] as const) {
  test(`${name} is answered`, () => expect(ask(method, query, body)).toEqual(expected))
}

for (const [name, method, query, body] of [
  ['GET with parameters', 'GET', 'ticket=%7B%7D', ''],
  ['POST without anything', 'POST', '', ''],
  ['POST with a challenge in its address', 'POST', 'hub.challenge=1', '{}'],
  ['a body beside a validation token', 'POST', 'validationToken=a', '{"value":[]}'],
  ['a message about url_verification', 'POST', '', '{"type":"event","text":"url_verification"}'],
  ['url_verification without a challenge', 'POST', '', '{"type":"url_verification"}'],
  ['url_verification that is no JSON', 'POST', '', 'url_verification {'],
  ['a list', 'POST', '', '["url_verification"]'],
  ['url_verification in a large body', 'POST', '', JSON.stringify({ ...SLACK, more: 'x'.repeat(9_000) })],
] as const) {
  test(`${name} is an event`, () => expect(ask(method, query, body)).toBeUndefined())
}

for (const given of ['', 'other', `${TOKEN} `]) {
  test(`verify token "${given}" is refused`, () => {
    const query = `hub.challenge=1&hub.verify_token=${encodeURIComponent(given)}`
    expect(() => ask('GET', query)).toThrow(/hub\.verify_token is not the one/)
  })
}
