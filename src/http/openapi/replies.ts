import type { Rule } from '../../accounts/operations.ts'

const text = { type: 'string' }
const count = { type: 'string', pattern: '^\\d+$' }

/** Response headers that many routes have in common (spec 00 §10). */
export const HEADERS = {
  'Elements-Request-Id': { description: 'Names the request in logs', schema: text },
  'Elements-Returned-Count': { description: 'Number of items in this page', schema: count },
  'Elements-Total-Count': { description: 'Number of items that match', schema: count },
  'Elements-Next-Page-Token': { description: 'For `nextPage`; absent on the last page', schema: text },
  'Elements-Error': { description: 'A warning, although the call succeeded; usually absent', schema: text },
}

const LIST_HEADERS: (keyof typeof HEADERS)[] = [
  'Elements-Returned-Count',
  'Elements-Total-Count',
  'Elements-Next-Page-Token',
  'Elements-Error',
]

export function headersOf({ isPaged }: { isPaged: boolean }): Record<string, { $ref: string }> {
  const names = ['Elements-Request-Id', ...(isPaged ? LIST_HEADERS : [])]
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

const FAILURES = {
  BadRequest: 'What was sent cannot be used; the message names what is wrong with it',
  Unauthorized: 'The credentials are missing or wrong',
  Forbidden: 'A role or privilege is missing, or the entity belongs to somebody else',
  NotFound: 'There is no such entity, or none that the caller may see',
  Failure: 'Any other failure',
}

/** The one body of every error (spec 00 §5). */
const ERROR_BODY = {
  type: 'object',
  required: ['requestId', 'message'],
  properties: {
    requestId: { type: 'string', description: 'The same as in the header `Elements-Request-Id`' },
    message: { type: 'string', description: 'One sentence for the caller' },
    providerMessage: { type: 'string', description: 'What the vendor said, verbatim' },
  },
}

export const ERROR_SCHEMAS = { Error: ERROR_BODY }

export const ERROR_RESPONSES = Object.fromEntries(
  Object.entries(FAILURES).map(([name, description]) => [
    name,
    {
      description,
      headers: headersOf({ isPaged: false }),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ]),
)

/** Failures by status that a route may answer, from what it reads and of whom it asks what. */
export function failuresOf(
  { tenant, role, privilege }: Rule,
  reads: { path: boolean; rest: boolean },
): Record<string, { $ref: string }> {
  const isOpen = tenant === 'public'
  const refuses =
    role !== undefined || privilege !== undefined || !(isOpen || tenant === 'user' || tenant === 'catalog')
  return {
    ...(reads.rest ? { 400: failure('BadRequest') } : {}),
    ...(isOpen ? {} : { 401: failure('Unauthorized') }),
    ...(refuses ? { 403: failure('Forbidden') } : {}),
    ...(reads.path ? { 404: failure('NotFound') } : {}),
    default: failure('Failure'),
  }
}

function failure(name: keyof typeof FAILURES): { $ref: string } {
  return { $ref: `#/components/responses/${name}` }
}
