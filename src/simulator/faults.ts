/** Something that goes wrong on purpose; the spelling is in docs/simulator.md. */
export type Fault =
  | { kind: 'rate-limit'; seconds: number; asDate: boolean }
  | { kind: 'status'; status: number }
  | { kind: 'slow'; delayMs: number }
  | { kind: 'expired-token' }
  | { kind: 'malformed-json' }
  | { kind: 'reset' }
  | { kind: 'reset-before' }

export const FAULT_SPELLINGS =
  'rate-limit[:seconds], rate-limit-date[:seconds], status:<400-599>, slow:<milliseconds>, expired-token, malformed-json, reset, reset-before'

const MAX_DELAY_MS = 600_000

/** @returns undefined when the text is no fault */
export function parseFault(text: string): Fault | undefined {
  const [kind = '', argument] = text.trim().split(':')
  const number = argument === undefined ? undefined : /^\d+$/.test(argument) ? Number(argument) : Number.NaN
  if (Number.isNaN(number)) return undefined
  switch (kind) {
    case 'rate-limit':
    case 'rate-limit-date':
      return { kind: 'rate-limit', seconds: number ?? 1, asDate: kind === 'rate-limit-date' }
    case 'status':
      return number !== undefined && number >= 400 && number <= 599 ? { kind, status: number } : undefined
    case 'slow':
      return number !== undefined && number <= MAX_DELAY_MS ? { kind, delayMs: number } : undefined
    case 'expired-token':
    case 'malformed-json':
    case 'reset':
    case 'reset-before':
      return argument === undefined ? { kind } : undefined
    default:
      return undefined
  }
}

/** A fault that waits for calls. */
export interface FaultOrder {
  /** the vendor's name, the element's key for shipped ones; absent: every vendor */
  element?: string
  /** `path` is the vendor's, without query; `*` stands for any text */
  match?: { method?: string; path?: string }
  fault: string
  /** how many calls it strikes; 1 when absent */
  times?: number
}

export interface FaultList {
  /** @returns a sentence when the order cannot be understood */
  add(order: unknown): string | undefined
  /** the fault for this call; uses up one of its times */
  take(element: string, method: string, path: string): Fault | undefined
  pending(): FaultOrder[]
  clear(): void
}

interface Waiting extends FaultOrder {
  parsed: Fault
  times: number
}

export function createFaultList(names: () => readonly string[]): FaultList {
  let waiting: Waiting[] = []
  return {
    add(order) {
      const problem = orderProblem(order, names())
      if (problem !== undefined) return problem
      const { element, match, fault, times = 1 } = order as FaultOrder
      const parsed = parseFault(fault)
      if (!parsed) return `fault "${fault}" is unknown; expected one of ${FAULT_SPELLINGS}`
      waiting.push({ element, match, fault, times, parsed })
      return undefined
    },
    take(element, method, path) {
      if (waiting.length === 0) return undefined
      const found = waiting.find(
        (one) =>
          (one.element === undefined || one.element === element) &&
          (one.match?.method === undefined || one.match.method.toUpperCase() === method) &&
          (one.match?.path === undefined || fitsGlob(one.match.path, path)),
      )
      if (!found) return undefined
      found.times--
      if (found.times === 0) waiting = waiting.filter((one) => one !== found)
      return found.parsed
    },
    pending: () => waiting.map(({ element, match, fault, times }) => ({ element, match, fault, times })),
    clear: () => {
      waiting = []
    },
  }
}

function orderProblem(order: unknown, elementKeys: readonly string[]): string | undefined {
  if (typeof order !== 'object' || order === null || Array.isArray(order))
    return 'expected an object {element, match: {method, path}, fault, times}'
  const { element, match, fault, times } = order as Record<string, unknown>
  const unknown = Object.keys(order).find((name) => !['element', 'match', 'fault', 'times'].includes(name))
  if (unknown !== undefined) return `"${unknown}" is no member; expected element, match, fault, times`
  if (typeof fault !== 'string') return 'fault is missing; expected a text such as "status:503"'
  if (element !== undefined && !elementKeys.includes(String(element)))
    return `element "${String(element)}" is not simulated; expected one of ${elementKeys.join(', ')}`
  if (times !== undefined && !(Number.isInteger(times) && Number(times) >= 1))
    return `times ${JSON.stringify(times)} must be a whole number of at least 1`
  if (match === undefined) return undefined
  if (typeof match !== 'object' || match === null) return 'match must be an object {method, path}'
  const wrong = Object.entries(match).find(
    ([name, value]) => !['method', 'path'].includes(name) || typeof value !== 'string',
  )
  return wrong ? `match.${wrong[0]} is not understood; expected method and path as text` : undefined
}

/** `*` stands for any text; found in one walk, an expression made from it could take forever. */
function fitsGlob(glob: string, text: string): boolean {
  const [first = '', ...others] = glob.split('*')
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
