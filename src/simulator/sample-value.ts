import type { Faker } from '@faker-js/faker'
import { ValenceError } from '../errors.ts'
import { readPath } from './dotted-path.ts'
import { guessValue } from './guess-value.ts'
import { instant } from './instant.ts'
import { sampleModel } from './sample-model.ts'
import type { ModelPart } from './schema-parts.ts'
import type { Row } from './simulation.ts'

/** What a sample rule may look at while it makes one value. */
export interface SampleScope {
  faker: Faker
  /** fields made so far, in the order of the declaration */
  row: Row
  /** 0 for the first row of a resource */
  index: number
  /** how many values of models one row may have */
  budget: { values: number }
  rowsOf(resource: string): readonly Row[]
  idFieldOf(resource: string): string
}

type Rule = Record<string, unknown>
type Maker = (rule: Rule, scope: SampleScope, name: string) => unknown

/** One entry per kind of sample rule; docs/simulator.md explains them in the same order. */
const MAKERS: Record<string, Maker> = {
  faker: (rule, scope, name) => callFaker(scope.faker, String(rule.faker), list(rule.with), name),
  pick: (rule, scope) => scope.faker.helpers.arrayElement(list(rule.pick)),
  some: (rule, scope) => scope.faker.helpers.arrayElements(list(rule.some), { min: 0, max: Number(rule.max ?? 3) }),
  value: (rule) => rule.value,
  text: (rule, scope) => fillText(String(rule.text), scope.row, rule.as === 'email'),
  fields: (rule, scope) => {
    const members = Object.entries(rule.fields as Rule)
    return Object.fromEntries(members.map(([name, inner]) => [name, sampleValue(inner, scope, name)]))
  },
  list: (rule, scope, name) => list(rule.list).map((inner) => sampleValue(inner, scope, name)),
  reference: (rule, scope) => pickReference(rule, scope),
  between: (rule, scope) => {
    const [from, to] = list(rule.between).map(String)
    return instant(scope.faker.date.between({ from: from ?? 0, to: to ?? 0 }), rule.as === 'date')
  },
  after: (rule, scope) => {
    const from = new Date(String(scope.row[String(rule.after)]))
    const days = scope.faker.number.float({ min: 0, max: Number(rule.days ?? 30) })
    return instant(new Date(from.getTime() + days * 86_400_000), rule.as === 'date')
  },
  model: (rule, scope, name) => sampleModel(rule.model as ModelPart, name, scope),
  guess: (rule, scope, name) => guessValue(String(rule.guess), name, scope.faker, rule.otherwise),
}

/**
 * @param rule a faker method as text, or an object with one of the members of `MAKERS`; `share` (0…1) leaves the rest null
 * @throws ValenceError MANIFEST_INVALID when the rule or the faker method is unknown
 */
export function sampleValue(rule: unknown, scope: SampleScope, name: string): unknown {
  if (typeof rule === 'string') return callFaker(scope.faker, rule, [], name)
  if (typeof rule === 'object' && rule !== null) {
    const kind = Object.keys(rule).find((member) => Object.hasOwn(MAKERS, member))
    const make = kind === undefined ? undefined : MAKERS[kind]
    if (make) {
      const { share } = rule as { share?: number }
      if (share !== undefined && !scope.faker.datatype.boolean({ probability: share })) return null
      return make(rule as Rule, scope, name)
    }
  }
  throw new ValenceError(
    'MANIFEST_INVALID',
    `sample of field "${name}": ${JSON.stringify(rule)} is no sample rule; expected a faker method or one of ${Object.keys(MAKERS).join(', ')}`,
  )
}

function callFaker(faker: Faker, method: string, parameters: unknown[], name: string): unknown {
  const [module = '', member = ''] = method.split('.')
  const owner = readPath({ ...faker }, module) as Record<string, unknown> | undefined
  const call = owner?.[member]
  if (typeof call !== 'function') {
    throw new ValenceError('MANIFEST_INVALID', `sample of field "${name}": faker has no method "${method}"`)
  }
  const value: unknown = call.apply(owner, parameters)
  return value instanceof Date ? instant(value) : value
}

function pickReference(rule: Rule, scope: SampleScope): unknown {
  const resource = String(rule.reference)
  const where = Object.entries((rule.where ?? {}) as Rule)
  const rows = scope.rowsOf(resource).filter((row) => where.every(([field, value]) => row[field] === value))
  if (rows.length === 0) return null
  return scope.faker.helpers.arrayElement([...rows])[String(rule.field ?? scope.idFieldOf(resource))]
}

function fillText(text: string, row: Row, asEmail: boolean): string {
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(row[name] ?? ''))
  return asEmail ? filled.toLowerCase().replace(/[^a-z0-9.@-]/g, '') : filled
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}
