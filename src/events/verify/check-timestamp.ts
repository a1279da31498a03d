import { Refusal, type SignedRequest, type TimestampSource } from './declaration.ts'
import { singleHeader } from './single-value.ts'

const FORMS = {
  seconds: /^\d{1,11}$/,
  milliseconds: /^\d{1,14}$/,
  iso: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/,
} as const

/**
 * The time of signing, as received: what is signed are its characters.
 * @param fields of the signature header
 * @throws Refusal when it is missing, no time, or further from now than the tolerance, on either side
 */
export function checkedTimestamp(
  source: TimestampSource,
  request: SignedRequest,
  fields: ReadonlyMap<string, string>,
  now: Date,
): string {
  const text = 'header' in source.from ? singleHeader(request, source.from.header) : fields.get(source.from.field)
  if (text === undefined) throw new Refusal('the signature has no timestamp')
  const time = timeOf(text, source.unit)
  if (time === undefined) throw new Refusal(`the timestamp is not a time in ${source.unit}`)
  const seconds = Math.round((now.getTime() - time) / 1000)
  if (Math.abs(now.getTime() - time) > source.toleranceSeconds * 1000) {
    const side = seconds > 0 ? `${seconds} s old` : `${-seconds} s in the future`
    throw new Refusal(`the timestamp is ${side}; tolerated are ${source.toleranceSeconds} s`)
  }
  return text
}

function timeOf(text: string, unit: TimestampSource['unit']): number | undefined {
  if (!FORMS[unit].test(text)) return undefined
  if (unit === 'seconds') return Number(text) * 1000
  const time = unit === 'milliseconds' ? Number(text) : Date.parse(text)
  return Number.isFinite(time) ? time : undefined
}
