import type { Severity } from './notification-table.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * The body of a delivery: JSON text, written once and never again, because it is signed as it is (spec 40 §8, §9.2).
 *
 * @param message any JSON value
 */
export function writeEnvelope(
  id: number,
  createdAt: Date,
  notice: { topic: string; severity: Severity; action?: 'create'; from: string; message: unknown },
): string {
  return JSON.stringify({
    id: String(id),
    topic: notice.topic,
    severity: notice.severity,
    action: notice.action ?? 'create',
    createdDate: envelopeDate(createdAt),
    user: notice.from,
    message: notice.message,
  })
}

/** `Tue Apr 02 10:12:01 UTC 2019` (spec 40 §8) */
export function envelopeDate(date: Date): string {
  const iso = date.toISOString()
  const [day, month] = [DAYS[date.getUTCDay()], MONTHS[date.getUTCMonth()]]
  return `${day} ${month} ${iso.slice(8, 10)} ${iso.slice(11, 19)} UTC ${date.getUTCFullYear()}`
}
