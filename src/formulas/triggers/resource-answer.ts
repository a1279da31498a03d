import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'

/** What the caller of a formula gets (spec 30 §5.3). `body` is a JSON value; of a text, that text as it is. */
export interface FormulaAnswer {
  status: number
  headers?: Record<string, string>
  body: unknown
}

/**
 * The values of the last step that ran decide: `{statusCode, result}` says both, any other value is the answer itself. Nothing is `{}`.
 *
 * @throws ValenceError FORMULA_FAILED for a status that no answer can have
 */
export function answerOf(value: unknown): FormulaAnswer {
  if (!isObject(value) || !('statusCode' in value || 'result' in value)) return { status: 200, body: value ?? {} }
  return { status: readStatus(value['statusCode']), body: value['result'] ?? {} }
}

function readStatus(value: unknown): number {
  if (value === undefined || value === null) return 200
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new ValenceError(
    'FORMULA_FAILED',
    `The last step of the formula answered with statusCode ${JSON.stringify(value).slice(0, 100)}: expected a whole number from 200 to 599`,
  )
}
