import { expect, test } from 'vitest'
import { type Declared, declared } from '../../../test/support/signed-webhook.ts'
import { readSignatureDeclaration } from './read-declaration.ts'

const HMAC: Declared = { type: 'hmac', name: 'X-Signature', key: 'k' }
const TOKEN: Declared = {
  type: 'jwt',
  algorithm: 'RS256',
  name: 'Authorization',
  prefix: 'Bearer ',
  'jwks.url': 'https://vendor.test/keys',
}
const OWN_TOKEN: Declared = { type: 'jwt', name: 'X-Token', algorithm: 'RS256', key: 'k' }
const read = (values: Declared) => readSignatureDeclaration(declared(values))

test('a declaration is compiled with its defaults and its keys beside it', () => {
  expect(read(HMAC)).toEqual({
    declaration: {
      type: 'hmac',
      place: { in: 'header', name: 'x-signature' },
      hash: 'sha256',
      encoding: 'hex',
      keyEncoding: 'text',
      format: 'value',
      prefix: '',
      field: '',
      content: [{ name: 'body' }],
      timestamp: undefined,
    },
    keys: { current: 'k', previous: undefined },
  })
})

for (const [name, values] of [
  ['nothing is declared', {}],
  ['required is false', { required: 'false' }],
  ['the key is not there yet', { ...HMAC, key: '' }],
  ['published keys, but no audience yet', TOKEN],
] as const) {
  test(`not in force: ${name}`, () => expect(read(values)).toBeUndefined())
}

for (const [name, values] of [
  ['the key is there', HMAC],
  ['the previous key is there', { ...HMAC, key: '', 'key.previous': 'k' }],
  ['an encoding of its secret key', { ...HMAC, 'key.encoding': 'hex' }],
  ['one of the secret key of a token', { ...OWN_TOKEN, algorithm: 'HS256', 'key.encoding': 'base64' }],
  ['a hash with RSA', { ...HMAC, type: 'rsa', algorithm: 'sha512' }],
  ['required, without a key', { ...HMAC, key: '', required: 'TRUE' }],
  ['published keys and an audience', { ...TOKEN, 'jwt.audience': 'us' }],
] as const) {
  test(`in force: ${name}`, () => expect(read(values)).toHaveProperty('declaration'))
}

for (const [name, values, problem] of [
  ['a key without a type', { key: 'k' }, /signature\.type: expected one of hmac/],
  ['required without a type', { required: 'true' }, /signature\.type/],
  ['an unknown type, even without a key', { ...HMAC, key: '', type: 'hash' }, /signature\.type/],
  ['no name', { type: 'hmac', key: 'k' }, /signature\.name/],
  ['a name that is none', { ...HMAC, name: 'X Signature' }, /signature\.name/],
  ['a misspelt key', { ...HMAC, toleranze: '3' }, /signature\.toleranze: has no effect/],
  ['a key of another type', { ...HMAC, 'jwt.issuer': 'me' }, /signature\.jwt\.issuer: has no effect/],
  ['an encoding of an RSA key', { ...HMAC, type: 'rsa', 'key.encoding': 'base64' }, /key\.encoding: has no effect/],
  ['an encoding of an ECDSA key', { ...HMAC, type: 'ecdsa', 'key.encoding': 'hex' }, /key\.encoding: has no effect/],
  ['an encoding of an Ed25519 key', { ...HMAC, type: 'ed25519', 'key.encoding': 'hex' }, /key\.encoding: has no/],
  ["an encoding of a token's public key", { ...OWN_TOKEN, 'key.encoding': 'base64' }, /key\.encoding: has no effect/],
  ['a hash with Ed25519', { ...HMAC, type: 'ed25519', algorithm: 'sha512' }, /signature\.algorithm: has no effect/],
  ['a tolerance without a timestamp', { ...HMAC, tolerance: '300' }, /signature\.tolerance: has no effect/],
  ['an unknown part', { ...HMAC, content: '{body}{secret}' }, /has \{secret\}, which is none of/],
  ['an open brace', { ...HMAC, content: '{body}{' }, /brace/],
  ['a body that is not signed', { ...HMAC, content: '{method}{url}' }, /leaves the body out/],
  ['a timestamp that is not signed', { ...HMAC, 'timestamp.header': 'X-Time' }, /Add \{timestamp\}/],
  ['a timestamp from nowhere', { ...HMAC, content: '{timestamp}{body}' }, /signature\.timestamp\.header/],
  ['fields without the name of one', { ...HMAC, format: 'fields' }, /signature\.field/],
  ['a field where there are none', { ...HMAC, field: 'v1' }, /signature\.field/],
  ['md5', { ...HMAC, algorithm: 'md5' }, /signature\.algorithm/],
  ['sha1 with RSA', { ...HMAC, type: 'rsa', algorithm: 'sha1' }, /sha1 is taken with type hmac only/],
  ['the body as the place of an HMAC', { ...HMAC, place: 'body' }, /signature\.place/],
  ['required that is neither', { ...HMAC, required: 'yes' }, /true or false/],
  ['a token without an algorithm', { ...TOKEN, algorithm: '' }, /signature\.algorithm/],
  ['a token with algorithm none', { ...TOKEN, algorithm: 'none' }, /signature\.algorithm/],
  ['published secrets', { ...TOKEN, algorithm: 'HS256' }, /has a secret key/],
  ['published keys and one of our own', { ...TOKEN, key: 'k' }, /the keys are those that the vendor publishes/],
  ['published keys over http', { ...TOKEN, 'jwks.url': 'http://vendor.test/keys' }, /https:/],
  ['required and published keys without an audience', { ...TOKEN, required: 'true' }, /signature\.jwt\.audience/],
  ['text without end', { ...HMAC, prefix: 'x'.repeat(501) }, /more than 500/],
] as const) {
  test(`a problem: ${name}`, () => {
    expect(read(values as Declared)).toEqual({ problem: expect.stringMatching(problem) })
  })
}

for (const tolerance of ['0', '-1', '86401', '1.5', 'x', '9999999999']) {
  test(`a problem: a tolerance of ${tolerance}`, () => {
    const values = { ...HMAC, content: '{timestamp}{body}', 'timestamp.header': 'X-Time', tolerance }
    expect(read(values)).toEqual({ problem: expect.stringMatching(/signature\.tolerance: a whole number/) })
  })
}
