import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { FileFormat } from '../file-format.ts'

/** What a client calls it, in any case: `txt/csv` is how the documents spell it (spec 22 §4). */
const FORMATS: Readonly<Record<string, FileFormat>> = {
  'application/json': 'json',
  json: 'json',
  'txt/csv': 'csv',
  'text/csv': 'csv',
  'application/csv': 'csv',
  csv: 'csv',
  'application/jsonl': 'jsonl',
  jsonl: 'jsonl',
}

/** @throws ValenceError PARAMETER_MISSING, PARAMETER_INVALID */
export function readFormat(given: unknown): FileFormat {
  if (given === undefined || given === null || given === '') {
    throw new ValenceError('PARAMETER_MISSING', 'format: expected application/json, text/csv or application/jsonl')
  }
  const format = typeof given === 'string' ? given.trim().toLowerCase() : ''
  const found = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
  if (found !== undefined) return found
  throw new ValenceError(
    'PARAMETER_INVALID',
    `format: expected application/json, text/csv or application/jsonl, got ${JSON.stringify(given).slice(0, 100)}`,
  )
}

/** Of a query, which names none: as the element says (`bulk.query.download_format`), else CSV. */
export function fileFormatOf({ state }: Instance): FileFormat {
  const said = state.configuration['bulk.query.download_format']?.trim().toLowerCase() ?? ''
  return (Object.hasOwn(FORMATS, said) ? FORMATS[said] : undefined) ?? 'csv'
}
