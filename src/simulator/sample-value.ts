import type { Faker } from '@faker-js/faker'
import { ValenceError } from '../errors.ts'
import { readPath } from './dotted-path.ts'
import type { Row } from './simulation.ts'

/** What a sample rule may look at while it makes one value. */
export interface SampleScope {
  faker: Faker
  /** fields made so far, in the order of the declaration */
  row: Row
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
  guess: (rule, scope, name) => guess(String(rule.guess), name, scope.faker, rule.otherwise),
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

/** ISO 8601 without milliseconds, or the date alone. */
export function instant(date: Date, dateOnly = false): string {
  const text = date.toISOString()
  return dateOnly ? text.slice(0, 10) : `${text.slice(0, 19)}Z`
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

/** By name first, then by type: what an element without simulation.yaml gets. */
const GUESSES: [RegExp, (faker: Faker) => unknown][] = [
  [/^(first|given)_?name$/i, (faker) => faker.person.firstName()],
  [/^(last|family|sur)_?name$/i, (faker) => faker.person.lastName()],
  [/(company|organi[sz]ation|account)_?(name)?$/i, (faker) => faker.company.name()],
  [/e-?mail/i, (faker) => faker.internet.exampleEmail().toLowerCase()],
  [/phone|mobile|fax/i, (faker) => faker.helpers.fromRegExp('[+]1-202-555-01[0-9]{2}')],
  [/city/i, (faker) => faker.location.city()],
  [/country/i, (faker) => faker.location.country()],
  [/^(state|province|region)$/i, (faker) => faker.location.state()],
  [/(zip|postal)/i, (faker) => faker.location.zipCode()],
  [/street|address|line_?1/i, (faker) => faker.location.streetAddress()],
  [/url|website|link/i, (faker) => `https://www.example.com/${faker.lorem.slug(2)}`],
  [/currency/i, (faker) => faker.helpers.arrayElement(['USD', 'EUR', 'GBP'])],
  [/description|content|note|comment|body/i, (faker) => faker.lorem.sentence()],
  [/title|subject/i, (faker) => faker.lorem.words(3)],
  [/name$/i, (faker) => faker.person.fullName()],
]

function guess(type: string, name: string, faker: Faker, otherwise: unknown): unknown {
  const byType = guessByType(type, faker)
  if (byType !== undefined) return byType
  const byName = GUESSES.find(([pattern]) => pattern.test(name))?.[1]
  return byName ? byName(faker) : (otherwise ?? faker.lorem.words(2))
}

function guessByType(type: string, faker: Faker): unknown {
  switch (type) {
    case 'integer':
      return faker.number.int({ min: 1, max: 1000 })
    case 'number':
    case 'decimal':
      return faker.number.float({ min: 1, max: 1000, fractionDigits: 2 })
    case 'boolean':
      return faker.datatype.boolean()
    case 'date':
    case 'date-time':
      return instant(faker.date.past({ years: 2 }), type === 'date')
    case 'array':
    case 'strings':
      return []
    case 'object':
      return {}
    default:
      return undefined
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}
