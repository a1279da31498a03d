import { describe, expect, test } from 'vitest'
import { signElements, signStandard } from './sign.ts'

describe('Elements-Webhook-Signature has the published values (spec 40 §9.2)', () => {
  for (const [key, body, header] of [
    [
      'MySecretEventSignatureKey',
      '<INSERT_EVENT_NOTIFICATION_RESPONSE_BODY>',
      'sha256=jHdbRx5EZAsOfTwAPJOGkNUzQMVVdu5VJlxcsk+G6jQ=',
    ],
    [
      'valence-test-key',
      '{"message":{"eventId":"AXv1sample0000000001"},"id":"7"}',
      'sha256=SMNUaDO+6wsh3gdLYMzEEdyvHeIGkaZdWKzXEoad3bw=',
    ],
  ] as const) {
    test(key, () => expect(signElements(body, key)).toBe(header))
  }
})

describe('webhook-signature', () => {
  // the example of the reference libraries
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  const [timestamp, body] = [1_614_265_330, '{"test": 2432232314}']
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

  test('has the published value', () => expect(signStandard(id, timestamp, body, [key])).toBe(signature))
  test('holds one signature for each key, the newest first', () => {
    const both = signStandard(id, timestamp, body, ['another key', key])
    expect(both).toMatch(/^v1,\S{44} v1,\S{44}$/)
    expect(both.split(' ')[1]).toBe(signature)
  })
  test('a key without whsec_ is its own text', () => {
    const plain = Buffer.from(key.slice('whsec_'.length), 'base64').toString('latin1')
    expect(signStandard(id, timestamp, body, [plain])).not.toBe(signature)
    expect(signStandard(id, timestamp, body, ['k'])).toBe(signStandard(id, timestamp, body, ['whsec_aw==']))
  })
})
