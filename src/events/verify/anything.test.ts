import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Declared, declared, judge, NOW } from '../../../test/support/signed-webhook.ts'
import { createPublishedKeys } from './jwks.ts'
import { readSignatureDeclaration } from './read-declaration.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const SIGNED: Declared = {
  name: 'signature',
  content: '{method}{url}{path}{query}{form}{header:id}{timestamp}{body}',
  'timestamp.header': 'time',
}
const DECLARATIONS: Declared[] = [
  { ...SIGNED, type: 'hmac', key: 'k' },
  { ...SIGNED, type: 'hmac', key: 'k', format: 'list', prefix: 'v1,', encoding: 'base64' },
  {
    ...{ type: 'hmac', name: 'signature', key: 'k', format: 'fields', field: 'v1' },
    ...{ 'timestamp.field': 't', content: '{timestamp}.{body}' },
  },
  { ...SIGNED, type: 'ecdsa', key: PEM, encoding: 'base64' },
  { type: 'secret', name: 'signature', key: 'a secret that nobody guesses' },
  { type: 'jwt', algorithm: 'ES256', name: 'signature', key: PEM },
  { type: 'jwt', algorithm: 'ES256', place: 'body', key: PEM },
]
/** Text near the form of the real thing, where mistakes would be. */
const near = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom('v1,', 'v1=', 't=', '.', ' ', ',', '=', 'AAAA', 'eyJhbGciOiJFUzI1NiJ9', '00', '1795694400'),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join('')),
  fc.constant(String(NOW.getTime() / 1000)),
)

for (const values of DECLARATIONS) {
  test(`${values['type']} ${values['format'] ?? values['place'] ?? ''}: whatever is sent is refused with a reason`, async () => {
    const headers = fc.dictionary(fc.constantFrom('signature', 'time', 'id'), near)
    await fc.assert(
      fc.asyncProperty(headers, near, async (sent, body) => {
        const verdict = await judge(values, { headers: sent, body })
        expect(verdict).toEqual({ ok: false, reason: expect.stringMatching(/./), isTemporary: false })
      }),
      { numRuns: 300 },
    )
  })
}

test('whatever is declared is in force, not in force, or a problem', () => {
  const names = [
    'type',
    'key',
    'name',
    'place',
    'prefix',
    'algorithm',
    'encoding',
    'format',
    'content',
    'tolerance',
    'required',
    'jwks.url',
    'x',
  ]
  const texts = fc.oneof(fc.constantFrom('hmac', 'jwt', 'secret', 'true', '', '{body}', 'RS256', '300'), fc.string())
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), texts), (values) => {
      const read = readSignatureDeclaration(declared(values))
      if (read !== undefined) expect(Object.keys(read).join()).toMatch(/^(declaration,keys|problem)$/)
    }),
  )
})

test('whatever a vendor publishes is keys or nothing', async () => {
  const send = (text: string) =>
    createPublishedKeys({
      now: () => NOW,
      send: async () => ({ status: 200, text: async () => text }) as never,
    }).keysAt('https://vendor.test/keys', 'one')
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.json(),
        fc.json().map((one) => `{"keys":[${one},${one}]}`),
        fc.string(),
      ),
      async (text) => {
        expect((await send(text)) ?? []).toEqual(expect.any(Array))
      },
    ),
  )
})
