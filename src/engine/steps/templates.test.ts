import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { answer, callOf, elementOf, failureOf, parameter, resource, runCall } from '../../../test/support/engine.ts'

const element = elementOf({
  resources: [
    resource('POST', '/files', {
      parameters: [
        parameter('value {"name":"{name}","parent":{"id":"{folder}"}}', 'form attributes'),
        parameter('query name', 'bodyToken name'),
        parameter('query folder', 'bodyToken folder'),
      ],
    }),
    resource('GET', '/content', { vendorPath: '/root:/{+path}:', parameters: [parameter('query path', 'path path')] }),
  ],
})

test('tokens in the templates of a form are filled as the text they stand in has it, open ones go', async () => {
  const { requests } = await runCall(element, callOf('POST /files?name=a"b'))
  expect(new URLSearchParams(String(requests[0]?.body)).get('attributes')).toBe('{"name":"a\\"b","parent":{"id":""}}')
})

test('a path of several segments keeps its slashes, and leads nowhere else', async () => {
  const { requests } = await runCall(element, callOf('GET /content?path=/a b/c'))
  expect(requests[0]?.url).toBe('https://api.acme.test/v1/root:/a%20b/c:')
  const { error } = await failureOf(runCall(element, callOf('GET /content?path=a/../b')))
  expect(error.code).toBe('PARAMETER_INVALID')
})

test('what the model calls a file goes through as it is, JSON and text too', async () => {
  const content = { name: 'content', swagger: { content: { type: 'file' } } }
  const files = elementOf({ resources: [resource('GET', '/file', { model: content }), resource('GET', '/text')] })
  for (const [type, text] of [
    ['application/json', '{ "a": null }'],
    ['text/plain', 'hello'],
  ] as const) {
    const { reply } = await runCall(files, callOf('GET /file'), [answer(200, text, { 'content-type': type })])
    expect(await textOf(reply.body)).toBe(text)
    expect(reply.headers['content-type']).toBe(type)
  }
  const { reply } = await runCall(files, callOf('GET /text'), [answer(200, 'hello', { 'content-type': 'text/plain' })])
  expect(reply.body).toBe('hello')
})

async function textOf(body: unknown): Promise<string> {
  const chunks = await (body as Readable).toArray()
  return Buffer.concat(chunks).toString()
}
