/** Statuses that generated documents list for every operation (spec 00 §7), and 429. */
const KEPT = new Set([400, 401, 403, 404, 405, 406, 409, 415, 429])

/** The caller's status for a vendor's: success is always 200, other 4xx → 400, 5xx → 502 (spec 00 §4, §7). */
export function platformStatus(vendorStatus: number): number {
  if (vendorStatus < 400) return 200
  if (KEPT.has(vendorStatus)) return vendorStatus
  return vendorStatus < 500 ? 400 : 502
}
