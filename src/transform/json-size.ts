/**
 * Counts the characters that values take as JSON, nearly: escapes are not looked for, digits are guessed. A mapping shares objects between
 * places of its result, which are small in memory that way and as text are not; a large one that is shared is looked through once.
 *
 * @param max counting ends there: what is past it has no number
 */
export function createJsonSize(max: number): { add(value: unknown): void; isPastMax(): boolean; total(): number } {
  const known = new Map<object, number>()
  let total = 0
  return { add, isPastMax: () => total > max, total: () => total }

  function add(value: unknown): void {
    if (typeof value === 'string') total += value.length + MARKS
    else if (typeof value === 'number') total += Number.isInteger(value) && Math.abs(value) < 1_000 ? 4 : 12
    else if (typeof value !== 'object' || value === null) total += 6
    else addObject(value)
  }

  function addObject(value: object): void {
    const present = known.size > 0 ? known.get(value) : undefined
    if (present !== undefined) {
      total += present
      return
    }
    const before = total
    total += MARKS
    if (Array.isArray(value)) for (let at = 0; at < value.length && total <= max; at++) add(value[at])
    else addMembers(value as Record<string, unknown>)
    if (total - before > LARGE) known.set(value, total - before)
  }

  function addMembers(value: Record<string, unknown>): void {
    for (const name in value) {
      if (total > max) return
      total += name.length + MARKS
      add(value[name])
    }
  }
}

/** quotes, brackets, a comma */
const MARKS = 3
const LARGE = 1_000
