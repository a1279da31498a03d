import { ValenceError } from '../../errors.ts'

/** A step as it is saved, as far as a check needs it. */
export interface CheckedStep {
  name: string
  properties: Readonly<Record<string, unknown>>
}

/** @param why naming the property and its value */
export function refusedStep(name: string, why: string): ValenceError {
  return new ValenceError('FORMULA_INVALID', `Step "${name}": ${why}`)
}
