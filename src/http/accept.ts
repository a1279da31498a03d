import { ValenceError } from '../errors.ts'

/**
 * Which of two representations a caller wants (spec 00 §3): `*` and whatever contains `json`, or no header at all, is JSON.
 * @throws ValenceError NOT_ACCEPTABLE when it is neither
 */
export function jsonOrCsv(accept: string | undefined): 'json' | 'csv' {
  const wanted = accept?.toLowerCase() ?? ''
  if (wanted === '' || wanted.includes('json')) return 'json'
  if (wanted.includes('text/csv')) return 'csv'
  if (wanted.includes('*/*') || wanted.includes('application/*')) return 'json'
  if (wanted.includes('text/*')) return 'csv'
  throw new ValenceError('NOT_ACCEPTABLE', `Accept: expected application/json or text/csv, got "${accept}"`)
}
