import { type Condition, isGroup, type Where } from '../ast.ts'

/**
 * The same expression as alternatives of conditions that all hold: `(a OR b) AND c` → `[[a, c], [b, c]]`.
 *
 * @param limit most alternatives; the work is bounded by it
 * @returns undefined when there would be more
 */
export function disjunctiveForm(where: Where, limit: number): Condition[][] | undefined {
  if (!isGroup(where)) return [[where]]
  let alternatives: Condition[][] = where.kind === 'and' ? [[]] : []
  for (const term of where.terms) {
    const more = disjunctiveForm(term, limit)
    if (!more) return undefined
    const count = where.kind === 'and' ? alternatives.length * more.length : alternatives.length + more.length
    if (count > limit) return undefined
    alternatives =
      where.kind === 'and'
        ? alternatives.flatMap((conditions) => more.map((others) => [...conditions, ...others]))
        : [...alternatives, ...more]
  }
  return alternatives
}
