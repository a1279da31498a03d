import { describe, expect, test } from 'vitest'
import { answer, callOf, elementOf, failureOf, parameter, resource, runCall } from '../../test/support/engine.ts'

describe('what a chain hands on (spec 11 §4.5)', () => {
  const link = (path: string, parts = {}) => resource('POST', path, { type: 'apiNoDocumentation', ...parts })
  const element = elementOf({
    resources: [
      resource('POST', '/orders', { nextResource: 'POST:/hubs/crm/copy' }),
      link('/copy', {
        vendorPath: '/orders/{id}/copies',
        parameters: [parameter('prevBody body', 'body body'), parameter('prevBodyField customer.id', 'path id')],
      }),
      resource('POST', '/nowhere', { nextResource: 'POST:/missing' }),
      resource('POST', '/round', { nextResource: 'POST:/round' }),
    ],
  })

  test('an answer that nobody looked into is a value for the next resource', async () => {
    const { requests, reply } = await runCall(element, callOf('POST /orders'), [
      answer(200, { id: 12, customer: { id: 'c/1' } }),
      answer(200, { done: true }),
    ])
    expect(requests.map(({ url, body }) => [url, body])).toEqual([
      ['https://api.acme.test/v1/orders', undefined],
      ['https://api.acme.test/v1/orders/c%2F1/copies', '{"id":12,"customer":{"id":"c/1"}}'],
    ])
    expect(reply.body).toEqual({ done: true })
  })

  test('a failing member ends it', async () => {
    const { error, run } = await failureOf(runCall(element, callOf('POST /orders'), [answer(404, { error: 'no' })]))
    expect(error).toMatchObject({ code: 'VENDOR_FAILED', status: 404 })
    expect(run.requests).toHaveLength(1)
  })

  test('one that leads nowhere is refused before the first call', async () => {
    const { error, run } = await failureOf(runCall(element, callOf('POST /nowhere'), []))
    expect(error).toMatchObject({ code: 'RESOURCE_NOT_EXECUTABLE', status: 400 })
    expect(run.requests).toEqual([])
  })

  test('a file is not handed on: its connection is given back', async () => {
    const file = answer(200, 'pdf', { 'content-type': 'application/pdf' })
    const { requests } = await runCall(element, callOf('POST /orders'), [file, answer(200, {})])
    expect([file.body.destroyed, requests[1]?.body]).toEqual([true, undefined])
  })

  test('so is a circle, which is longer than any chain may be', async () => {
    const { error, run } = await failureOf(runCall(element, callOf('POST /round'), []))
    expect(error).toMatchObject({ code: 'CHAIN_TOO_LONG', status: 400 })
    expect(run.requests).toEqual([])
  })
})
