import type { Faker } from '@faker-js/faker'
import { instant } from './instant.ts'

/** By name first, then by type: what is plausible where nobody says more. */
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

/** For members of which only the name is known. */
const UNTYPED: [RegExp, (faker: Faker) => unknown][] = [
  [/^token_?type$/i, () => 'bearer'],
  [
    /token|jwt|ticket|secret|session|(access|auth)_?code|api_?key|signature|cookie/i,
    (faker) => faker.string.alphanumeric(40),
  ],
  [/^expires$|expires_?in|ttl|lifetime/i, () => 3600],
  [/(^|_)(ids?|number|no)$|[a-z](Id|ID|Number)$/, (faker) => faker.number.int({ min: 1, max: 1000 })],
  [/count|total|size|amount|quantity/i, (faker) => faker.number.int({ min: 1, max: 1000 })],
  [/date|time|_at$|[a-z]At$/, (faker) => instant(faker.date.past({ years: 2 }))],
  [/^(is|has|can)[A-Z_]|enabled|active|success|valid$/, () => true],
]

/** @param otherwise for texts whose name tells nothing */
export function guessValue(type: string, name: string, faker: Faker, otherwise?: unknown): unknown {
  const byType = guessByType(type, faker)
  if (byType !== undefined) return byType
  const byName = GUESSES.find(([pattern]) => pattern.test(name))?.[1]
  return byName ? byName(faker) : (otherwise ?? faker.lorem.words(2))
}

export function guessUntyped(name: string, faker: Faker): unknown {
  const known = UNTYPED.find(([pattern]) => pattern.test(name))?.[1]
  return known ? known(faker) : guessValue('string', name, faker)
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
