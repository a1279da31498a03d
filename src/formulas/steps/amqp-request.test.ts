import { describe, expect, test } from 'vitest'
import { stepCall } from '../../../test/support/step-call.ts'
import { ValenceError } from '../../errors.ts'
import type { BrokerMessage } from '../../upstream/publish.ts'
import type { FormulaContext } from '../context.ts'
import { AMQP_REQUEST } from './amqp-request.ts'

const URL = 'amqp://ada:pa55word@broker.example.com:5673/shop'
const PROPERTIES = { url: URL, queue: 'orders', body: '${steps.build}' }
const scope = { steps: { build: { id: 1 } }, config: {} }

async function run(properties: Record<string, unknown>, error?: Error, signal = new AbortController().signal) {
  const sent: BrokerMessage[] = []
  const context = {
    async publishMessage(message: BrokerMessage) {
      sent.push(message)
      if (error) throw error
    },
  } as unknown as FormulaContext
  const outcome = await AMQP_REQUEST.run(context, stepCall({ ...PROPERTIES, ...properties }, { scope, signal }))
  return { outcome, sent }
}

test('a message is published, and who signs in is in no value', async () => {
  const { outcome, sent } = await run({ exchange: ' shop ' })
  expect(sent).toMatchObject([{ url: URL, exchange: 'shop', queue: 'orders', contentType: 'application/json' }])
  expect(String(sent[0]?.body)).toBe('{"id":1}')
  expect(outcome).toEqual({
    ...{ status: 'success', isFailure: false },
    value: {
      request: { url: 'amqp://broker.example.com:5673/shop', exchange: 'shop', queue: 'orders', body: { id: 1 } },
    },
  })
})

test('a text is sent as it is, to the default exchange', async () => {
  const { sent } = await run({ body: '{"a":1}' })
  expect([sent[0]?.exchange, String(sent[0]?.body)]).toEqual(['', '{"a":1}'])
})

test('what the broker refuses fails the step', async () => {
  const { outcome } = await run({}, new ValenceError('VENDOR_FAILED', 'there is no queue "orders"'))
  expect(outcome).toMatchObject({ status: 'failed', isFailure: true, error: 'there is no queue "orders"' })
  expect(outcome.value).toMatchObject({ request: { queue: 'orders' }, error: 'there is no queue "orders"' })
  expect(JSON.stringify(outcome)).not.toContain('pa55word')
})

describe('what is missing fails the step by name', () => {
  for (const [properties, error] of [
    [{ url: undefined }, 'url is required'],
    [{ queue: '${config.none}' }, 'queue: "${config.none}" has no value in this execution'],
    [{ body: '${steps.none}' }, 'body is required'],
  ] as const)
    test(error, async () => {
      const { outcome, sent } = await run(properties)
      expect([outcome.error, outcome.value, sent]).toEqual([error, { error }, []])
    })
})

test('it ends with its execution', async () => {
  const why = new Error('cancelled')
  await expect(run({}, new Error('aborted'), AbortSignal.abort(why))).rejects.toBe(why)
})

test('a message that may be with the broker is not sent again', () => {
  expect(AMQP_REQUEST.hasEffect({ properties: {} })).toBe(true)
  expect(AMQP_REQUEST.mayRepeat({ properties: { retry: 'true' } })).toBe(false)
})
