import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { importFixture } from '../../support/imports.ts'

/** `POST /elements/convert` (spec 10 §2.7). */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const parcels = importFixture('parcels-swagger2.json')

function form(name: string, content: Uint8Array): FormData {
  const data = new FormData()
  data.append(name, new Blob([content as Uint8Array<ArrayBuffer>]), 'document.json')
  return data
}

async function convert(
  query: string,
  body: string | Uint8Array | FormData,
  type?: string,
  authorization = hub.authorization,
) {
  const response = await fetch(`${hub.api}/elements/convert${query}`, {
    method: 'POST',
    headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
    body: body instanceof FormData ? body : Buffer.from(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  return { status: response.status, body: (await response.json()) as any }
}

describe('a document becomes an element', () => {
  for (const [name, body, type] of [
    ['as the part "file" of a form', form('file', parcels), undefined],
    ['as a JSON body', parcels, 'application/json'],
    ['as text', parcels, 'text/plain'],
    ['as YAML', importFixture('library-with-page-numbers.yaml'), 'application/yaml'],
  ] as const) {
    test(name, async () => {
      const answer = await convert('?type=swagger', body, type)
      expect(answer.status).toBe(200)
      expect(answer.body.name).toBe(type === 'application/yaml' ? 'Town Library' : 'Parcels')
      expect(answer.body.resources.length).toBeGreaterThan(4)
      expect(answer.body.importDoubts).toContainEqual({ place: expect.any(String), message: expect.any(String) })
      expect(answer.body).not.toHaveProperty('id')
    })
  }

  test('with hub, key and name of the caller', async () => {
    const { body } = await convert('?hub=ERP&key=parcels&name=Our%20parcels', form('file', parcels))
    expect(body).toMatchObject({ hub: 'erp', key: 'parcels', name: 'Our parcels' })
  })
})

describe('refused', () => {
  for (const [name, query, body, type, status, message] of [
    ['a type that is not known', '?type=raml', parcels, 'text/plain', 400, /"raml": expected one of soap, swagger/],
    ['a document of another type', '?type=odata', '<definitions/>', 'text/xml', 400, /./],
    ['no document', '', '', 'application/json', 400, /The document is missing/],
    ['a form without file', '', form('file2', new Uint8Array()), undefined, 400, /./],
    ['what is no document', '', 'hello', 'text/plain', 400, /no description that can be imported/],
    ['more than 20 MB', '', new Uint8Array(21 * 1024 * 1024), 'application/octet-stream', 413, /at most 20971520/],
  ] as const) {
    test(name, async () => {
      const answer = await convert(query, body, type)
      expect({ status: answer.status, message: answer.body.message }).toEqual({
        status,
        message: expect.stringMatching(message),
      })
    })
  }

  test('a caller who is not known', async () => {
    expect((await convert('', form('file', parcels), undefined, 'User x, Organization y')).status).toBe(401)
  })
})
