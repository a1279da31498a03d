import { ValenceError } from '../errors.ts'

export type FileFormat = 'csv' | 'json' | 'jsonl'

/** Exactly so (spec 22 §8). What is called JSON is an object per line as well. */
export const CONTENT_TYPES: Readonly<Record<FileFormat, string>> = {
  csv: 'text/csv',
  json: 'application/json;charset=UTF-8',
  jsonl: 'application/jsonl',
}

/** The second one is how the documents of a generation spelled it. */
const FORMATS: Readonly<Record<string, FileFormat>> = {
  'text/csv': 'csv',
  'txt/csv': 'csv',
  'text/*': 'csv',
  'application/json': 'json',
  'application/*': 'json',
  'application/jsonl': 'jsonl',
}

/**
 * What of it a caller wants most.
 *
 * @param accept the header
 * @param whatever the format for who does not mind
 * @throws ValenceError NOT_ACCEPTABLE when it is none that there is
 */
export function formatFor(accept: string | undefined, whatever: FileFormat): FileFormat {
  const wishes = (accept ?? '').split(',').flatMap(wishOf)
  if (wishes.length === 0) return whatever
  const known = wishes
    .filter(({ type, weight }) => weight > 0 && (type === '*/*' || Object.hasOwn(FORMATS, type)))
    .toSorted((a, b) => b.weight - a.weight)[0]
  if (known) return FORMATS[known.type] ?? whatever
  throw new ValenceError(
    'NOT_ACCEPTABLE',
    `Accept: expected text/csv, application/json or application/jsonl, got "${accept?.slice(0, 100)}"`,
  )
}

function wishOf(text: string): { type: string; weight: number }[] {
  const [type = '', ...parameters] = text
    .toLowerCase()
    .split(';')
    .map((one) => one.trim())
  if (type === '') return []
  const weight = parameters.find((one) => one.startsWith('q='))?.slice(2)
  return [{ type, weight: weight === undefined ? 1 : Number(weight) || 0 }]
}
