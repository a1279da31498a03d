import { faker } from '@faker-js/faker/locale/en'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Schema } from '../model/element.ts'
import { sampleModel } from './sample-model.ts'

beforeEach(() => void faker.seed(1))

const sample = (schema: unknown, definitions: unknown = {}, index = 0, values = 1000) =>
  sampleModel({ schema: schema as Schema, definitions: definitions as Record<string, Schema> }, 'field', {
    ...{ faker, index },
    budget: { values },
  })

for (const [fact, schema, expected] of [
  ['the first of an enum', { type: 'string', enum: ['a', 'b'] }, 'a'],
  ['a sample value', { type: 'string', 'x-samplevalue': 'Ada' }, 'Ada'],
  ['an example', { type: 'string', example: 'Ada' }, 'Ada'],
  ['a number given as text', { type: 'integer', 'x-samplevalue': '12' }, 12],
  ['a boolean given as text', { type: 'boolean', 'x-samplevalue': 'true' }, true],
  ['any integer when the sample is none', { type: 'integer', 'x-samplevalue': 'twelve' }, expect.any(Number)],
  ['an array as it is given', { type: 'array', items: { type: 'string' }, example: ['x'] }, ['x']],
  ['two items of an array', { type: 'array', items: { type: 'number' } }, [expect.any(Number), expect.any(Number)]],
  ['a date by format', { type: 'string', format: 'date' }, expect.stringMatching(/^\d{4}-\d\d-\d\d$/)],
  ['nested objects', { properties: { a: { properties: { b: { enum: [1] } } } } }, { a: { b: 1 } }],
  ['a definition named by type', { type: 'owner' }, { email: expect.stringContaining('@') }],
  ['a definition named by $ref', { $ref: '#/definitions/owner' }, { email: expect.stringContaining('@') }],
  ['items named by type', { type: 'array', items: { type: 'owner' } }, [expect.anything(), expect.anything()]],
  [
    'members of allOf',
    { properties: { a: { enum: [1] } }, allOf: [{ type: 'owner' }] },
    { a: 1, email: expect.anything() },
  ],
  ['a type that nobody defines', { type: 'nowhere' }, expect.any(String)],
  ['a type list of JSON Schema', { type: ['null', 'integer'] }, expect.any(Number)],
  ['a property that is no schema', { properties: { a: 'x', b: null } }, { a: expect.anything(), b: expect.anything() }],
] as const)
  test(`makes ${fact}`, () =>
    expect(sample(schema, { owner: { properties: { email: { type: 'string' } } } })).toEqual(expected))

test('later rows vary', () => {
  expect(sample({ type: 'string', enum: ['a', 'b', 'c', 'd'] }, {}, 3)).toBeOneOf(['a', 'b', 'c', 'd'])
  expect(sample({ properties: { email: { type: 'string', 'x-samplevalue': 'ada@x.test' } } }, {}, 3)).not.toEqual({
    email: 'ada@x.test',
  })
})

describe('models of any size end', () => {
  test('that contain themselves', () => {
    const node = { properties: { children: { type: 'array', items: { type: 'node' } }, parent: { type: 'node' } } }
    expect(JSON.stringify(sample({ type: 'node' }, { node })).length).toBeLessThan(20_000)
  })
  test('that name themselves', () =>
    expect(sample({ type: 'a' }, { a: { type: 'b' }, b: { type: 'a' } })).toBeTypeOf('string'))
  test('with many members', () => {
    const members = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`m${at}`, { type: 'node' }]))
    const made = sample({ type: 'node' }, { node: { properties: members } }, 0, 500)
    expect(JSON.stringify(made).length).toBeLessThan(100_000)
  })
  test('with huge samples', () => {
    expect(String(sample({ type: 'string', example: 'x'.repeat(1e6) })).length).toBe(1000)
    expect(sample({ example: { a: 'x'.repeat(1e6) } })).toBeTypeOf('string')
  })
  test('a sample cannot reach a prototype', () => {
    const made = sample({ properties: JSON.parse('{"__proto__":{"properties":{"x":{"enum":[1]}}}}') })
    expect(Object.keys(made as object)).toEqual(['__proto__'])
  })
})
