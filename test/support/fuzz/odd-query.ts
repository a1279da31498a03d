import fc from 'fast-check'
import { oddSegment } from './odd-values.ts'

/** Every parameter that a platform route reads (spec 00 §8, §9), and some that none does. */
const NAMES = [
  ...'pageSize nextPage page offset pageOffset returnCount where orderBy searchText hydrate abridged expand fields'.split(
    ' ',
  ),
  ...'includeInactive permanent from to interval entityType extendedOnly accountOnly applicationUrl apiKey apiSecret'.split(
    ' ',
  ),
  ...'callbackUrl state code scope isOauthProxy type hub key name baseUrl version resolveReferences fromSchema'.split(
    ' ',
  ),
  ...'tags[] keys[] topics[] accountIds[] orgIds[] customerIds[] statuses[] elementKeys[] tags elementKeys status'.split(
    ' ',
  ),
  ...'objectName userId email level operation method elementId traceId severity'.split(' '),
  ...['__proto__', '__proto__[a]', 'constructor', 'a[b][c]', 'a[]', '[]', '%5B%5D', '%', 'toString', 'q'],
]

const NUMBERS = [
  '0',
  '-1',
  '1',
  '5000',
  '5001',
  '1000000',
  '99999999999999999999',
  '1.5',
  '1e2',
  '0x10',
  'ten',
  '',
  '%20',
  '-0',
  '+1',
  'NaN',
]
const DATES = [
  ...[
    '2018-09-01',
    '2018-09-01T00:00:00',
    '2018-09-01T00:00:00-4:00',
    '2018-13-45',
    '0000-00-00',
    '9999-12-31',
    '275760-09-13',
  ],
  ...[
    '-271821-04-20',
    '1970-01-01T00:00:00.000000001Z',
    'now',
    'yesterday',
    '2018-09-01T24:00:00Z',
    '2018-09-01T00:00:00+99:99',
    '0',
  ],
]
const WORDS = [
  ...[
    'true',
    'TRUE',
    'maybe',
    'null',
    'undefined',
    'user',
    'account',
    'second',
    'minute',
    'day',
    'year',
    'decade',
    'custom',
  ],
  ...[
    'https://app.example.com',
    'javascript:alert(1)',
    'http://127.0.0.1:1',
    'https://[',
    '(a%2B)%2B$',
    '%5B',
    'a,b,,%20c',
    ',',
    '%00',
  ],
  ...['%C0%AE', '%ED%A0%80', '%', '%zz', '+', '%2B', 'x'.repeat(3_000), '%27%20or%201=1--', '%25%25%25', '_%25', '%5C'],
]
/** A language of its own: pieces of CEQL in any order. */
const CEQL = [
  ...[
    'name',
    'id',
    'createdDate',
    'a.b',
    '*',
    "'Ada'",
    "'",
    "''",
    '"x"',
    '1',
    '-1',
    '1e9',
    'true',
    'null',
    "'2019-99-99'",
    '__proto__',
  ],
  ...[
    '=',
    '!=',
    '<>',
    '<',
    '>=',
    'LIKE',
    'IN',
    'NOT IN',
    'IS NULL',
    'IS NOT',
    'AND',
    'OR',
    'NOT',
    'BETWEEN',
    '(',
    ')',
    ',',
    ';',
    '--',
    '\\',
  ],
  ...['\u0000', '💥', "'%'", "'_%'", 'abridged', 'extended', 'key', 'hub', 'active', 'private'],
]

const ceql: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...CEQL), { maxLength: 12 }).map((words) => encodeURIComponent(words.join(' '))),
  fc.constantFrom(
    '('.repeat(2_000),
    `${'('.repeat(500)}a=1${')'.repeat(500)}`,
    `a=1${' AND a=1'.repeat(400)}`.replaceAll(' ', '+'),
  ),
  fc.constantFrom(`NOT+`.repeat(900), `a+IN+(${'1,'.repeat(2_000)}1)`, `a='${'%27'.repeat(900)}`),
)

const value: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...DATES),
  fc.constantFrom(...WORDS),
  ceql,
  oddSegment,
)

/**
 * A query string with its question mark.
 * @param declared names that the route's schema has
 */
export function oddQuery(declared: readonly string[]): fc.Arbitrary<string> {
  const anyName = fc.constantFrom(...NAMES)
  const name =
    declared.length === 0 ? anyName : fc.oneof(anyName, fc.constantFrom(...declared), fc.constantFrom(...declared))
  return fc.array(fc.tuple(name, fc.option(value, { freq: 12 })), { minLength: 1, maxLength: 5 }).chain((pairs) =>
    fc.constantFrom('&', '&', '&', '&', ';', '&&', '?').map((between) => {
      const texts = pairs.map(([one, given]) => (given === null ? one : `${one}=${given}`))
      return `?${texts.join(between)}`
    }),
  )
}
