/** At most so many at a time, for one key at most fewer; the others wait in order, but not for ever. */
export interface Slots {
  /**
   * @param keys who shares the limit for one key: tenants, so that none takes the slots of the others, or vendors
   * @throws ValenceError UNAVAILABLE when no slot became free in time
   */
  run<T>(work: () => Promise<T>, keys: readonly string[]): Promise<T>
  stats(): { max: number; total: number; idle: number; waiting: number }
}
