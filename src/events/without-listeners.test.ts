import { expect, test } from 'vitest'
import { asksForSignature, withoutListeners } from './without-listeners.ts'

const asks = (configuration: Record<string, string>) => asksForSignature({ state: { configuration } } as never)
const taker = (id: number, accountId: number, isSigned: boolean) =>
  ({ id, accountId, isSigned, organizationId: 1, userId: 1, value: 'acme' }) as const
const ids = (takers: readonly ReturnType<typeof taker>[]) => withoutListeners(takers).map(({ id }) => id)

const HMAC = { 'event.vendor.signature.type': 'hmac', 'event.vendor.signature.name': 'x-signature' }
const KEY = { 'event.vendor.signature.key': 'k' }
for (const [name, configuration, expected] of [
  ['a declaration with a key asks for a signature', { ...HMAC, ...KEY }, true],
  ['one without a key does not', HMAC, false],
  ['nor does nothing', {}, false],
  [
    'nor a secret, which may be what every request says',
    { 'event.vendor.signature.type': 'secret', 'event.vendor.signature.name': 'user-agent', ...KEY },
    false,
  ],
] as const)
  test(name, () => expect(asks(configuration)).toBe(expected))

for (const [name, takers, expected] of [
  ['what nobody proves goes to all', [taker(1, 1, false), taker(2, 2, false)], [1, 2]],
  ['what one account proves is not for another', [taker(1, 1, true), taker(2, 2, false), taker(3, 1, false)], [1, 3]],
  ['unless that proves it too', [taker(1, 1, true), taker(2, 2, true)], [1, 2]],
] as const)
  test(name, () => expect(ids(takers)).toEqual(expected))
