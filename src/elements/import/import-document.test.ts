import { describe, expect, test } from 'vitest'
import { importFixture } from '../../../test/support/imports.ts'
import { ValenceError } from '../../errors.ts'
import { importDocument } from './import-document.ts'

const fixture = (name: string) => importFixture(name).toString('utf8')

/** Message of the refusal, with its code. */
async function refusal(document: string | Uint8Array): Promise<string> {
  try {
    await importDocument(document)
    return 'taken'
  } catch (error) {
    if (error instanceof ValenceError) return `${error.code}: ${error.message}`
    throw error
  }
}

describe('importDocument', () => {
  test('reads a document in a thread of its own', async () => {
    const { element, doubts } = await importDocument(fixture('parcels-swagger2.json'), {
      hub: 'ERP',
      name: 'Our parcels',
    })
    expect(element).toMatchObject({ name: 'Our parcels', hub: 'erp', resources: { length: 5 } })
    expect(doubts.length).toBeGreaterThan(0)
  })

  test('reads UTF-16 and a byte order mark', async () => {
    const text = fixture('library-with-page-numbers.yaml')
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
    for (const bytes of [utf16, Buffer.from(`\ufeff${text}`)]) {
      expect((await importDocument(bytes)).element.name).toBe('Town Library')
    }
  })

  test('more at once than there are turns wait for theirs', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => importDocument(fixture('parcels-swagger2.json'))))
    expect(all.map(({ element }) => element.name)).toEqual(Array.from({ length: 5 }, () => 'Parcels'))
  })
})

describe('documents that are refused', () => {
  const nested = (levels: number) => `{"openapi":"3.0.0","x":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x, x]',
    ...'bcdefgh'.split('').map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[at]}`)}]`),
    'openapi: 3.0.0',
    'paths: *h',
  ].join('\n')

  for (const [name, document, message] of [
    ['neither JSON nor YAML', '{"openapi": ', /^IMPORT_INVALID: .*not valid JSON/],
    ['plain text', 'hello', /^IMPORT_INVALID: The document is no description that can be imported/],
    ['nothing', '', /^IMPORT_INVALID: /],
    ['an XML of another kind', '<html/>', /^IMPORT_INVALID: .*expected a WSDL or an OData/],
    ['an API without operations', '{"openapi":"3.0.0","paths":{}}', /no operation below "paths"/],
    ['brackets without end', nested(300), /nests deeper than 200 levels/],
    ['brackets beyond the stack', nested(200_000), /^IMPORT_INVALID: /],
    ['aliases that multiply', bomb, /^IMPORT_INVALID: .*(alias|values)/i],
    ['too many bytes', new Uint8Array(20 * 1024 * 1024 + 1), /^BODY_TOO_LARGE: .*at most 20971520/],
  ] as const) {
    test(name, async () => {
      expect(await refusal(document)).toMatch(message)
    })
  }

  test('what takes too long or too much memory', async () => {
    const path = (at: number) => [
      `/p${at}`,
      { get: { summary: 'x'.repeat(50), responses: { 200: { description: 'ok' } } } },
    ]
    const paths = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => path(at)))
    const large = JSON.stringify({ openapi: '3.0.0', info: { title: 'Large', version: '1' }, paths })
    await expect(importDocument(large, {}, { memoryMb: 768, timeoutMs: 5 })).rejects.toThrow(
      'takes longer than 0.005 seconds',
    )
    await expect(importDocument(large, {}, { memoryMb: 16, timeoutMs: 60_000 })).rejects.toThrow(
      'needs more than 16 MB of memory',
    )
    const { element, doubts } = await importDocument(large)
    expect(element.resources).toHaveLength(1500)
    expect(doubts).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('only the first 1500 of 50000') }),
    )
  })

  test('references that lead to themselves end', async () => {
    const document = {
      openapi: '3.0.0',
      info: { title: 'Circles', version: '1' },
      servers: [{ url: 'https://circles.example' }],
      paths: {
        '/a': { $ref: '#/paths/~1a' },
        '/b': {
          get: {
            responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/A' } } } } },
          },
        },
      },
      components: {
        schemas: {
          A: { allOf: [{ $ref: '#/components/schemas/B' }], properties: { again: { $ref: '#/components/schemas/A' } } },
          B: { oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] },
        },
      },
    }
    const { element } = await importDocument(JSON.stringify(document))
    expect(element.resources.map(({ path }) => path)).toEqual(['/hubs/general/b'])
  })

  test('references that lead out of the document are not followed', async () => {
    const document = {
      openapi: '3.0.0',
      info: { title: 'Outside', version: '1' },
      servers: [{ url: 'https://outside.example' }],
      paths: {
        '/a': {
          get: {
            parameters: [{ $ref: 'http://127.0.0.1:9/parameters.yaml#/x' }, { $ref: 'file:///etc/passwd' }],
            responses: { 200: { description: 'ok' } },
          },
        },
      },
    }
    const { element, doubts } = await importDocument(JSON.stringify(document))
    expect(element.resources[0]?.parameters).toEqual([])
    expect(doubts).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('leads out of the document and is not followed') }),
    )
  })
})
