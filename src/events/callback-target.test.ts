import { expect, test } from 'vitest'
import { callbackTargetOf } from './callback-target.ts'

const ON = { 'event.notification.enabled': 'true', 'event.notification.callback.url': 'https://app.example.com/ce' }
const targetOf = (configuration: Record<string, string | null>) =>
  callbackTargetOf({ state: { id: 1, accountId: 1, credentialsVersion: 1, configuration } })

test('everything that the configuration says of the callback', () => {
  const target = targetOf({
    ...ON,
    'event.notification.signature.key': 'k-2',
    'event.notification.signature.key.previous': 'k-1',
    'event.notification.basic.username': 'u',
    'event.notification.basic.password': 'p',
    'event.notification.callback.headers': '{"X-Team":"a"}',
    'event.notification.ordered': 'TRUE',
  })
  expect(target).toEqual({
    url: 'https://app.example.com/ce',
    signatureKey: 'k-2',
    previousSignatureKeys: 'k-1',
    username: 'u',
    password: 'p',
    headers: '{"X-Team":"a"}',
    ordered: true,
  })
})

test('what is empty is not there', () => {
  expect(targetOf({ ...ON, 'event.notification.signature.key': '', 'event.notification.ordered': null })).toMatchObject(
    {
      signatureKey: undefined,
      ordered: false,
    },
  )
})

for (const [why, configuration] of [
  ['events are off', { ...ON, 'event.notification.enabled': 'false' }],
  ['there is no URL', { ...ON, 'event.notification.callback.url': 'false' }],
] as const) {
  test(`none: ${why}`, () => expect(targetOf(configuration)).toBeUndefined())
}
