import { describe, expect, test } from 'vitest'
import { faultsOf, shownOperations } from '../../../test/support/check-document.ts'
import { complete, writeDocument } from '../../elements/documents/document-text.ts'
import { atOnce } from '../../elements/documents/in-slices.ts'
import { declaredRoutes } from '../list-routes.ts'
import { toPlatformDocument } from './document-text.ts'
import { type PlatformDocument, platformApi } from './platform-api.ts'

const FRAME = { host: 'hub.example.com', basePath: '/elements/api-v2', schemes: ['https'] }

describe('the platform in documents of the original’s kind', () => {
  test('everything that routes say of themselves can be said in Swagger', async () => {
    const document = toPlatformDocument(await declaredRoutes())
    const api = atOnce(platformApi(document))
    expect(api.repairs).toEqual([])
    for (const format of ['swagger', 'openapi31'] as const) {
      expect(await faultsOf(complete(atOnce(writeDocument(api, format)), FRAME).toString())).toEqual([])
    }
    const ours = shownOperations({ ...document }).filter((one) => {
      return (one as unknown as Record<string, unknown>)['x-valence-operation'] !== 'resources.call'
    })
    expect(shownOperations({ ...api })).toHaveLength(ours.length)
  })

  test.each([
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { type: 'string', 'x-nullable': true }],
    [{ anyOf: [{ const: 'a' }, { const: 'b' }] }, { type: 'string', enum: ['a', 'b'] }],
    [{ anyOf: [{ $ref: '#/components/schemas/Whole' }, { type: 'object' }] }, { $ref: '#/definitions/Whole' }],
    [{ anyOf: [{ type: 'string' }, { type: 'object' }], description: 'either' }, { description: 'either' }],
    [
      { type: 'object', additionalProperties: {} },
      { type: 'object', additionalProperties: {} },
    ],
    [
      { type: 'string', contentMediaType: 'application/octet-stream' },
      { type: 'string', format: 'binary' },
    ],
    [
      { type: 'integer', examples: [12, 13] },
      { type: 'integer', example: 12 },
    ],
    [{ const: 'a' }, { enum: ['a'] }],
  ])('%j', (schema, expected) => {
    const document: PlatformDocument = { info: {}, paths: {}, components: { schemas: { Whole: {}, One: schema } } }
    expect(atOnce(platformApi(document)).definitions['One']).toEqual(expected)
  })

  test('one body: JSON before a form, a form before bytes', () => {
    const file = { type: 'string', contentMediaType: 'application/octet-stream' }
    const form = { schema: { type: 'object', required: ['file'], properties: { file, note: { type: 'string' } } } }
    const bodyOf = (content: object) => {
      const post = { tags: [], responses: {}, requestBody: { required: true, content } }
      const document: PlatformDocument = { info: {}, paths: { '/a': { post } }, components: { schemas: {} } }
      return atOnce(platformApi(document)).paths['/a']?.post
    }
    const json = { 'application/json': { schema: { type: 'object' } }, 'multipart/form-data': form }
    expect(bodyOf(json)?.parameters.at(-1)).toMatchObject({ in: 'body', schema: { type: 'object' } })
    expect(bodyOf({ 'multipart/form-data': form })).toMatchObject({
      consumes: ['multipart/form-data'],
      parameters: [
        {},
        { name: 'file', in: 'formData', type: 'file', required: true },
        { name: 'note', type: 'string' },
      ],
    })
    expect(bodyOf({ 'application/octet-stream': { schema: file } })).toMatchObject({
      consumes: ['application/octet-stream'],
    })
  })
})
