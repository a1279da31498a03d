import { readNeededText, readSwitch, readText, requireMembers } from '../../accounts/read-members.ts'
import { ValenceError } from '../../errors.ts'
import type { FormulaEngine } from '../../model/formula.ts'
import { cleanName } from '../clean-name.ts'

/** What a body says of a formula, its parts aside. Undefined: nothing; null: it is taken away. */
export interface GivenFormula {
  name?: string | undefined
  description?: string | null | undefined
  engine?: FormulaEngine | null | undefined
  active?: boolean | undefined
  singleThreaded?: boolean | undefined
  debugLoggingEnabled?: boolean | undefined
  method?: string | null | undefined
  uri?: string | null | undefined
}

type Body = Readonly<Record<string, unknown>>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const MAX_DESCRIPTION = 10_000
const MAX_URI = 1_000

/**
 * Members of a formula (spec 30 §2.1); whatever else is in the body is ignored. Switches that are null go back to what they are without being set.
 * @throws ValenceError BODY_INVALID, PARAMETER_INVALID
 */
export function readFormula(body: Body): GivenFormula {
  return {
    name: readName(body),
    description: readText(body, 'description', MAX_DESCRIPTION),
    engine: readEngine(body),
    active: switchOf(body, 'active', true),
    singleThreaded: switchOf(body, 'singleThreaded', false),
    debugLoggingEnabled: switchOf(body, 'debugLoggingEnabled', true),
    method: readMethod(body),
    uri: readUri(body),
  }
}

/** @throws ValenceError PARAMETER_MISSING, BODY_INVALID */
export function requireName(body: Body): string {
  requireMembers(body, ['name'])
  return readName(body) ?? ''
}

function readName(body: Body): string | undefined {
  const text = readNeededText(body, 'name')
  return text === undefined ? undefined : cleanName(text)
}

function readEngine(body: Body): FormulaEngine | null | undefined {
  const engine = readText(body, 'engine')
  if (engine === undefined || engine === null || engine === 'v1' || engine === 'v3') return engine
  throw new ValenceError('PARAMETER_INVALID', `engine: expected v1 or v3, got "${engine}"`)
}

function readMethod(body: Body): string | null | undefined {
  const method = readText(body, 'method')?.toUpperCase()
  if (method === undefined) return body['method'] === undefined ? undefined : null
  if (METHODS.includes(method)) return method
  throw new ValenceError('PARAMETER_INVALID', `method: expected one of ${METHODS.join(', ')}, got "${method}"`)
}

function readUri(body: Body): string | null | undefined {
  const uri = readText(body, 'uri', MAX_URI)
  if (uri === undefined || uri === null || /^\/[^\s?#]+$/.test(uri)) return uri
  throw new ValenceError('PARAMETER_INVALID', `uri: expected a path such as /lead-mirror, got "${uri}"`)
}

function switchOf(body: Body, name: string, unset: boolean): boolean | undefined {
  return body[name] === null ? unset : readSwitch(body, name)
}
