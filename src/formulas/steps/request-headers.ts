import { randomUUID } from 'node:crypto'
import { MASK, masksHeader } from '../../redact.ts'
import type { StepCall } from './step.ts'

/**
 * Headers of a property as texts, by the names it gives them; what has no value is left out.
 */
export function headerTexts(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined || value === null
        ? []
        : [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]],
    ),
  )
}

/** What calls of our own API say of the step that makes them (spec 31 §3.3); nobody else may say it. */
export function platformHeaders(
  { name, execution }: Pick<StepCall, 'name' | 'execution'>,
  retries: number,
): Record<string, string> {
  return {
    'Elements-Formula-Id': String(execution.formulaId),
    'Elements-Formula-Execution-Id': String(execution.id),
    'Elements-Formula-Step': encodeURIComponent(name.toWellFormed()),
    'Elements-Formula-Step-Retry-Count': String(retries),
    'Elements-Formula-Request-Id': randomUUID(),
  }
}

/** @returns `''` when there is none */
export function contentTypeOf(headers: Readonly<Record<string, string>>): string {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'content-type')
  return name === undefined ? '' : (headers[name] ?? '')
}

/** @returns the first, with those of the second in place of its own by the same names, in whatever letters */
export function withHeaders(
  headers: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(added).map((name) => name.toLowerCase()))
  const kept = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...added }
}

/** As they are kept: who may see an execution may not use what it holds. */
export function maskedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, masksHeader(name) && value !== '' ? MASK : value]),
  )
}

/** Of calls in the owner's name, whose secrets this hub knows and no formula does. */
export function maskedCredentials(hasInstance: boolean): { Authorization: string } {
  return { Authorization: `${hasInstance ? `Element ${MASK}, ` : ''}User ${MASK}, Organization ${MASK}` }
}
