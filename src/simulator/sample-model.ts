import type { Faker } from '@faker-js/faker'
import type { Schema } from '../model/element.ts'
import { guessUntyped, guessValue } from './guess-value.ts'
import { instant } from './instant.ts'
import { withMember } from './root-path.ts'
import { isSchema, kindOf, type ModelPart, properties, resolved } from './schema-parts.ts'

export interface ModelScope {
  faker: Faker
  /** 0 for the first row, which shows the author's samples as they are */
  index: number
  /** values that may still be made: models of strangers may be of any size, or contain themselves */
  budget: { values: number }
}

const MAX_DEPTH = 7
const MAX_TEXT = 1000

/** A made-up value for a part of a model; `enum`, `x-samplevalue`, `example`, `default`, formats and names are heeded. */
export function sampleModel(part: ModelPart, name: string, scope: ModelScope, depth = 0): unknown {
  const schema = resolved(part)
  const { definitions } = part
  if (scope.budget.values-- <= 0 || depth > MAX_DEPTH) return null
  const kind = kindOf(schema)
  if (kind === 'object') {
    const row: Record<string, unknown> = {}
    for (const [member, property] of properties({ schema, definitions })) {
      withMember(row, member, sampleModel({ schema: property, definitions }, member, scope, depth + 1))
      if (scope.budget.values <= 0) break
    }
    return row
  }
  if (kind === 'array') {
    const given = example(schema)
    if (Array.isArray(given)) return given
    const items = { schema: isSchema(schema.items) ? schema.items : {}, definitions }
    return Array.from({ length: depth < 2 ? 2 : 1 }, () => sampleModel(items, name, scope, depth + 1))
  }
  return sampleScalar(schema, kind, name, scope)
}

function sampleScalar(schema: Schema, kind: string, name: string, scope: ModelScope): unknown {
  const { faker, index } = scope
  const choices = Array.isArray(schema.enum) ? schema.enum.slice(0, 100).map(bounded) : []
  if (choices.length > 0) return choices[index === 0 ? 0 : faker.number.int({ min: 0, max: choices.length - 1 })]
  const given = fitting(example(schema), kind)
  if (given !== undefined && (index === 0 || kind === 'unknown')) return given
  if (kind !== 'string' && kind !== 'unknown' && kind !== 'file') return guessValue(kind, name, faker)
  const formatted = FORMATS[String(schema.format)]?.(faker)
  if (formatted !== undefined) return formatted
  return kind === 'unknown' ? guessUntyped(name, faker) : guessValue('string', name, faker, given)
}

const FORMATS: Record<string, (faker: Faker) => unknown> = {
  'date-time': (faker) => instant(faker.date.past({ years: 2 })),
  date: (faker) => instant(faker.date.past({ years: 2 }), true),
  uuid: (faker) => faker.string.uuid(),
  email: (faker) => faker.internet.exampleEmail().toLowerCase(),
  uri: (faker) => `https://www.example.com/${faker.lorem.slug(2)}`,
  url: (faker) => `https://www.example.com/${faker.lorem.slug(2)}`,
  byte: (faker) => Buffer.from(faker.lorem.words(3)).toString('base64'),
}

function example(schema: Schema): unknown {
  const given = schema['x-samplevalue'] ?? schema['example'] ?? schema['default']
  return given === '' || given === schema.type ? undefined : bounded(given)
}

/** A sample of the kind that the model promises: `"12"` for an integer is 12, and nothing when it cannot be one. */
function fitting(given: unknown, kind: string): unknown {
  if (given === undefined || given === null || kind === 'unknown') return given ?? undefined
  if (kind === 'integer' || kind === 'number') {
    const number = typeof given === 'object' || given === '' ? Number.NaN : Number(given)
    return Number.isFinite(number) ? number : undefined
  }
  if (kind === 'boolean') return typeof given === 'boolean' ? given : { true: true, false: false }[String(given)]
  return typeof given === 'object' ? JSON.stringify(given) : String(given)
}

/** The author's value, unless it is too large to be repeated in every row. */
function bounded(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT)
  if (typeof value !== 'object' || value === null) return value
  const text = JSON.stringify(value)
  return text.length > 4 * MAX_TEXT ? undefined : JSON.parse(text)
}
