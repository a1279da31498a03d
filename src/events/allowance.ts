/** So much at once, and so much again every second: for what strangers may cause. */
export interface Allowance {
  /** @returns false when nothing is left */
  take(): boolean
}

export function createAllowance({
  perSecond,
  burst,
  now,
}: {
  perSecond: number
  burst: number
  /** milliseconds of a clock that never goes back */
  now(): number
}): Allowance {
  let left = burst
  let at = now()
  return {
    take() {
      const time = now()
      left = Math.min(burst, left + ((time - at) * perSecond) / 1000)
      at = time
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
