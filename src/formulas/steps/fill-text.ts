import { parseJson } from '../../engine/parse-json.ts'
import { isObject } from '../../model/is-object.ts'
import type { StepCall, WriteReference } from './step.ts'
import { StepFailure } from './step-failure.ts'

type Fill = Pick<StepCall, 'fill' | 'properties'>

/**
 * The text of a property.
 * @returns undefined when it is not set, or blank
 * @throws StepFailure for anything but a text, a number or a boolean
 */
export async function fillText(call: Fill, name: string, write?: WriteReference): Promise<string | undefined> {
  const value = await call.fill(name, write)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object') throw new StepFailure(`${name}: expected a text, got ${shown(value)}`)
  const text = String(value)
  return text.trim() === '' ? undefined : text
}

/** @throws StepFailure as `fillText`; when it is not set, saying what was written */
export async function fillRequiredText(call: Fill, name: string, write?: WriteReference): Promise<string> {
  const text = await fillText(call, name, write)
  if (text !== undefined) return text
  const written = call.properties[name]
  throw new StepFailure(
    written === undefined ? `${name} is required` : `${name}: ${shown(written)} has no value in this execution`,
  )
}

/**
 * The members of a property that is an object, or a text that holds one as JSON (spec 31 §2.4).
 * @returns undefined when it is not set, or blank
 * @throws StepFailure for anything else
 */
export async function fillMembers(call: Fill, name: string): Promise<Record<string, unknown> | undefined> {
  const value = await call.fill(name)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') return membersOf(value, name)
  return value.trim() === '' ? undefined : membersOf(parseJson(value), name, value)
}

function membersOf(value: unknown, name: string, written: unknown = value): Record<string, unknown> {
  if (isObject(value)) return value
  throw new StepFailure(`${name}: expected an object, got ${shown(written)}`)
}

/** A value in a message, in short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
