import { expect, test } from 'vitest'
import { withoutProof } from './without-proof.ts'

const declared = (type: string, more: Record<string, string> = {}) => ({
  'event.vendor.signature.type': type,
  'event.vendor.signature.name': 'X-Token',
  ...more,
})
const KEPT = { headers: { 'x-token': 's3cret', 'x-kind': 'push' }, query: 'a=1&X-Token=s3cret&b=%20&X-Token=again' }
const IN_QUERY = { 'event.vendor.signature.place': 'query' }
const PUBLISHED = declared('jwt', {
  'event.vendor.signature.algorithm': 'RS256',
  'event.vendor.signature.jwks.url': 'https://vendor.example/keys',
})

for (const [name, configuration, expected] of [
  ['nothing is declared', {}, KEPT],
  ['a signature stays', declared('hmac'), KEPT],
  ['a shared secret goes', declared('secret'), { ...KEPT, headers: { 'x-kind': 'push' } }],
  ['one of the address goes', declared('secret', IN_QUERY), { ...KEPT, query: 'a=1&b=%20' }],
  [
    'a token goes',
    declared('jwt', { 'event.vendor.signature.algorithm': 'RS256' }),
    { ...KEPT, headers: { 'x-kind': 'push' } },
  ],
  ['a token goes also before an audience is known', PUBLISHED, { ...KEPT, headers: { 'x-kind': 'push' } }],
  ['one of the body stays', { ...PUBLISHED, 'event.vendor.signature.place': 'body' }, KEPT],
  ['what nobody understands is refused elsewhere', declared('secret', { 'event.vendor.signature.typo': 'x' }), KEPT],
] as const) {
  test(name, () => expect(withoutProof(configuration, KEPT)).toEqual(expected))
}
