import { describe, expect, test } from 'vitest'
import { contextParams } from './context-params.ts'
import type { Part } from './part-kinds.ts'
import { writeElement } from './write-parts.ts'

const NOW = '2024-05-01T10:00:00Z'

function write(body: Part, stored?: Part, from = 100) {
  let last = from
  return writeElement(body, stored, { take: () => ++last, now: NOW }) as Record<string, Part[]>
}

describe('parts of a body as they are stored', () => {
  const stored: Part = {
    resources: [
      { id: 1, method: 'GET', path: '/a', createdDate: 'then', hooks: [{ id: 2, type: 'preRequest' }] },
      { id: 3, method: 'GET', path: '/b', createdDate: 'then' },
    ],
    parameters: [
      { id: 4, name: 'x', type: 'query', vendorName: 'x', vendorType: 'query' },
      { id: 5, name: 'x', type: 'query', vendorName: 'x', vendorType: 'query' },
    ],
  }

  for (const [fact, resources, expected] of [
    ['the same method, path and type keep the id', [{ method: 'GET', path: '/b' }], [3]],
    ['so does a known id with another path', [{ id: 3, method: 'GET', path: '/c' }], [3]],
    ['what it is wins over a foreign id that happens to be known', [{ id: 1, method: 'GET', path: '/b' }], [3]],
    ['an unknown id is ignored', [{ id: 77, method: 'GET', path: '/new' }], [101]],
    [
      'no two parts become one',
      [
        { method: 'GET', path: '/a' },
        { id: 1, method: 'GET', path: '/c' },
      ],
      [1, 101],
    ],
  ] as const) {
    test(fact, () => expect(write({ resources }, stored)['resources']?.map(({ id }) => id)).toEqual(expected))
  }

  test('twins are matched one by one', () => {
    const [, second] = stored['parameters'] as Part[]
    const written = write({ parameters: [{ ...second }, { ...second }, { ...second }] }, stored)['parameters']
    expect(written?.map(({ id }) => id)).toEqual([4, 5, 101])
  })

  test('dates are the platform’s; a changed part says when', () => {
    const body = {
      resources: [
        { method: 'GET', path: '/a', createdDate: 'lie' },
        { method: 'PUT', path: '/a' },
      ],
    }
    expect(write(body, stored)['resources']).toMatchObject([
      { createdDate: 'then', updatedDate: NOW },
      { createdDate: NOW },
    ])
  })

  test('a body without a list has none afterwards; parts inside parts are found again too', () => {
    expect(write({ name: 'x' }, stored)).toEqual({ name: 'x' })
    const body = { resources: [{ method: 'GET', path: '/a', hooks: [{ type: 'preRequest', body: 'request_body' }] }] }
    expect(write(body, stored)['resources']?.[0]?.['hooks']).toMatchObject([{ id: 2, contextParams: 'request_body' }])
  })
})

for (const [script, expected] of [
  ['', ''],
  [
    'done({ response_body, x: configuration["a"], y: request_body_map })',
    'request_body_map,response_body,configuration',
  ],
  ['let my_response_body = response_bodyguard', ''],
] as const) {
  test(`a script that reads ${script || 'nothing'} uses ${expected || 'nothing'}`, () => {
    expect(contextParams(script)).toBe(expected)
  })
}
