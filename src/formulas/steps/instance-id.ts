import { isRowId } from '../../model/row-id.ts'
import { shown } from './fill-text.ts'
import type { StepCall } from './step.ts'
import { StepFailure } from './step-failure.ts'

/**
 * The element instance that a property names (spec 31 §6). Whether there is one, and whose it is, the call finds out.
 * @throws StepFailure with what is written there
 */
export async function fillInstanceId(call: Pick<StepCall, 'fill' | 'properties'>, name: string): Promise<number> {
  const value = await call.fill(name)
  const id =
    typeof value === 'number' || typeof value === 'string' ? Number(String(value).trim() || Number.NaN) : Number.NaN
  if (isRowId(id)) return id
  const written = call.properties[name]
  if (value === undefined || value === null) {
    throw new StepFailure(
      written === undefined
        ? `${name} is required`
        : `${name}: ${shown(written)} has no value: bind its variable to an element instance`,
    )
  }
  const isForgotten = typeof written === 'string' && /^\s*\$\w/.test(written)
  const hint = isForgotten ? '; a reference has braces: ${config.crm}' : ''
  throw new StepFailure(`${name}: ${shown(value)} is no id of an element instance${hint}`)
}
