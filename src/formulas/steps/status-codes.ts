import { ValenceError } from '../../errors.ts'

/**
 * A list of status codes and ranges as steps have it: `200,201`, `200-205,208` (spec 31 §3.2).
 *
 * @param name of the property, for the message
 * @returns undefined for an empty text, which means that nothing is set
 * @throws ValenceError PARAMETER_INVALID
 */
export function readStatusCodes(text: string, name: string): ((status: number) => boolean) | undefined {
  if (text.trim() === '') return undefined
  const ranges = text.split(',').map((item) => readRange(item, text, name))
  return (status) => ranges.some(([first, last]) => status >= first && status <= last)
}

function readRange(item: string, text: string, name: string): [number, number] {
  const found = /^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$/.exec(item)
  const first = Number(found?.[1])
  const last = Number(found?.[2] ?? found?.[1])
  if (found && first <= last) return [first, last]
  throw new ValenceError(
    'PARAMETER_INVALID',
    `${name}: expected status codes and ranges such as 401-405,500, got "${text.slice(0, 100)}"`,
  )
}
