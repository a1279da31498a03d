import { blank, invalid, readSwitch, requireMembers } from '../../accounts/read-members.ts'
import { ValenceError } from '../../errors.ts'
import { type FormulaStep, type FormulaTrigger, type FormulaVariable, TRIGGER_TYPES } from '../../model/formula.ts'
import { isObject } from '../../model/is-object.ts'

/** A part as somebody sends it: its id says which of the present ones it is, if it is one (spec 30 §2.6). */
type Given<Part extends { id: number }> = Omit<Part, 'id'> & { id?: number }
export type GivenStep = Given<FormulaStep>
export type GivenTrigger = Given<FormulaTrigger>
export type GivenVariable = Given<FormulaVariable>

/** Lists that a body does not have are undefined. */
export interface GivenParts {
  steps?: GivenStep[] | undefined
  triggers?: GivenTrigger[] | undefined
  configuration?: GivenVariable[] | undefined
}

type Body = Readonly<Record<string, unknown>>

/** @throws ValenceError BODY_INVALID, PARAMETER_MISSING, PARAMETER_INVALID naming the part by its place in the list */
export function readParts(body: Body): GivenParts {
  return {
    steps: readList(body, 'steps', readStep),
    triggers: readList(body, 'triggers', readTrigger),
    configuration: readList(body, 'configuration', readVariable),
  }
}

/** What is not part of a step is left out, as `formulaId` in old exports. @param where of the step, for the message */
export function readStep(body: Body, where = 'the step'): GivenStep {
  requireMembers(body, ['name', 'type'], where)
  const description = textOf(body, 'description', where)
  return {
    ...idOf(body),
    name: nameOf(body, 'name', where),
    type: nameOf(body, 'type', where),
    ...(description === undefined ? {} : { description }),
    ...edgesOf(body, where),
    properties: propertiesOf(body, where),
  }
}

export function readTrigger(body: Body, where = 'the trigger'): GivenTrigger {
  requireMembers(body, ['type'], where)
  const type = nameOf(body, 'type', where)
  assertOneOf(TRIGGER_TYPES, type, `type of ${where}`)
  return {
    ...idOf(body),
    name: textOf(body, 'name', where) ?? 'trigger',
    type,
    async: true,
    ...edgesOf(body, where),
    properties: propertiesOf(body, where),
  }
}

export function readVariable(body: Body, where = 'the variable'): GivenVariable {
  requireMembers(body, ['key', 'type'], where)
  const [key, type] = [nameOf(body, 'key', where), nameOf(body, 'type', where)]
  assertOneOf(['elementInstance', 'value'], type, `type of ${where}`)
  const description = textOf(body, 'description', where)
  return {
    ...idOf(body),
    key,
    name: textOf(body, 'name', where) ?? key,
    type,
    ...(description === undefined ? {} : { description }),
    required: switchOf(body, 'required', where) ?? true,
  }
}

function readList<T>(body: Body, member: string, read: (part: Body, where: string) => T): T[] | undefined {
  const list = body[member]
  if (list === undefined || list === null) return undefined
  if (!Array.isArray(list)) throw invalid(member, 'a list', list)
  return list.map((part: unknown, at) => {
    const where = `${member}[${at}]`
    if (!isObject(part)) throw invalid(where, 'an object', part)
    return read(part, where)
  })
}

function idOf({ id }: Body): { id?: number } {
  return typeof id === 'number' || (typeof id === 'string' && /^\d{1,10}$/.test(id)) ? { id: Number(id) } : {}
}

const MAX_NAME = 255

/** As it is: references name it by every character. */
function nameOf(body: Body, member: string, where: string): string {
  const text = textOf(body, member, where) ?? ''
  if (text.trim() === '') throw blank(`${member} of ${where}`)
  if (text.length <= MAX_NAME) return text
  throw new ValenceError(
    'BODY_INVALID',
    `${where}: ${member} has ${text.length} characters, more than ${MAX_NAME}: "${text.slice(0, 40)}…"`,
  )
}

function textOf(body: Body, member: string, where: string): string | undefined {
  const value = body[member]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw invalid(`${member} of ${where}`, 'text', value)
}

function switchOf(body: Body, member: string, where: string): boolean | undefined {
  const name = `${member} of ${where}`
  return readSwitch({ [name]: body[member] }, name)
}

function edgesOf(body: Body, where: string): { onSuccess: string[]; onFailure: string[] } {
  return { onSuccess: namesOf(body, 'onSuccess', where), onFailure: namesOf(body, 'onFailure', where) }
}

/** Nothing, one name, or a list of them. */
function namesOf(body: Body, member: string, where: string): string[] {
  const names: unknown[] = [body[member] ?? []].flat()
  return names.flatMap((name) => {
    if (name === null || name === '') return []
    if (typeof name === 'string' || typeof name === 'number') return [String(name)]
    throw invalid(`${member} of ${where}`, 'names of steps', name)
  })
}

/** What is null is not set (spec 30 §2.5: `scriptEngine`). */
function propertiesOf({ properties }: Body, where: string): Record<string, unknown> {
  if (properties === undefined || properties === null) return {}
  if (!isObject(properties)) throw invalid(`properties of ${where}`, 'an object', properties)
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null))
}

function assertOneOf(words: readonly string[], word: string, what: string): void {
  if (words.includes(word)) return
  throw new ValenceError('PARAMETER_INVALID', `${what}: expected ${words.join(', ')}, got "${word}"`)
}
