// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { describe, expect, test } from 'vitest'
import { formatProblems } from '../../../test/support/check-element-format.ts'
import { importFixture } from '../../../test/support/imports.ts'
import { convertDocument } from './convert-document.ts'
import { literalText } from './template-text.ts'

const SECRET = '${configuration.password}'

describe('text of a document is no template', () => {
  for (const [text, expected] of [
    ['plain', 'plain'],
    [SECRET, '{configuration.password}'],
    ['$${configuration.password}', '{configuration.password}'],
    ['CE.b64(x)', 'CEb64(x)'],
    ['costs $5 {a}', 'costs $5 {a}'],
    ['ACE.x', 'ACE.x'],
  ] as const) {
    test(text, () => expect(literalText(text)).toBe(expected))
  }

  const openapi = {
    openapi: '3.0.0',
    info: { title: 'T', version: '1' },
    servers: [{ url: 'https://t.example' }],
    security: [{ session: [] }],
    paths: {
      '/a': {
        post: {
          parameters: [
            { name: 'X-Fixed', in: 'header', required: true, schema: { type: 'string', enum: [SECRET] } },
            { name: 'fixed', in: 'query', required: true, schema: { type: 'string', enum: [`CE.b64(${SECRET})`] } },
          ],
          requestBody: { content: { [`application/x+json; a=${SECRET}`]: { schema: { type: 'object' } } } },
          responses: { 200: { content: { [`text/csv; a=${SECRET}`]: {} } } },
        },
      },
    },
    components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: SECRET } } },
  }
  const postman = {
    info: { name: 'P' },
    item: [
      { name: 'a', request: { method: 'GET', url: 'https://p.example/a', header: [{ key: 'X-A', value: SECRET }] } },
    ],
  }
  const wsdl = importFixture('weather-asmx.wsdl')
    .toString('utf8')
    .replaceAll('http://weather.example/ws', `http://weather.example/${SECRET}`)
    .replace('name="stationId"', `name="${SECRET}Id"`)

  for (const [name, document] of [
    ['OpenAPI', JSON.stringify(openapi)],
    ['Postman', JSON.stringify(postman)],
    ['WSDL', wsdl],
  ] as const) {
    test(`in ${name}`, async () => {
      const { element } = await convertDocument(Buffer.from(document), {})
      expect(formatProblems(element)).toEqual([])
      const rows = [...element.parameters, ...element.resources.flatMap(({ parameters }) => parameters ?? [])]
      const templates = rows.filter(({ type }) => type === 'value').map((row) => row.name)
      expect(templates.length).toBeGreaterThan(0)
      expect(templates.filter((text) => text.includes(SECRET) || text.includes('CE.b64'))).toEqual([])
    })
  }
})
