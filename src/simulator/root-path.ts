/** One step of a root: a member's name, a place in an array, or every item of one. */
export type RootStep = string | number | typeof EVERY
export const EVERY = Symbol('every item')

const MAX_STEPS = 20
/** Places beyond this are mistakes; arrays up to them would only be filled with nothing. */
const MAX_INDEX = 50

/**
 * The steps of a response root (spec 11 §4.4): `data.items`, `soap:Envelope.soap:Body`, `value[0].fields`, `.workers[*]`.
 * A leading dot is ignored.
 */
export function rootSteps(text: string): RootStep[] {
  const steps: RootStep[] = []
  for (const [, index, name] of text.slice(0, 2000).matchAll(/\[(\d{1,9}|\*)\]|([^.[\]]+)/g)) {
    if (steps.length === MAX_STEPS) break
    if (index === '*') steps.push(EVERY)
    else if (index !== undefined) steps.push(Math.min(Number(index), MAX_INDEX))
    else if (name !== undefined) steps.push(name)
  }
  return steps
}

/** `requestRoot|responseRoot`; without a bar the whole text is the response's. */
export function splitRootKey(rootKey: string | null | undefined): { request: string; response: string } {
  const key = rootKey ?? ''
  const bar = key.indexOf('|')
  return bar < 0 ? { request: '', response: key } : { request: key.slice(0, bar), response: key.slice(bar + 1) }
}

/**
 * The smallest body in which the steps lead to `value`. With `[*]` on the way `value` is spread: one item for each of its
 * members when it is an array, one item otherwise.
 */
export function placeAt(steps: readonly RootStep[], value: unknown): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (step === EVERY) return (Array.isArray(value) ? value : [value]).map((item) => placeAt(rest, item))
  if (typeof step === 'string') return withMember({}, step, placeAt(rest, value))
  const items: unknown[] = Array.from({ length: step }, () => ({}))
  items.push(placeAt(rest, value))
  return items
}

/** What the steps lead to; undefined where one is missing. */
export function valueAt(body: unknown, steps: readonly RootStep[]): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return body
  if (typeof body !== 'object' || body === null) return undefined
  if (step === EVERY) return Array.isArray(body) ? body.map((item) => valueAt(item, rest)) : undefined
  return Object.hasOwn(body, step) ? valueAt((body as Record<string | number, unknown>)[step], rest) : undefined
}

/** `__proto__` is a member like any other. */
export function withMember<T extends object>(target: T, name: string, value: unknown): T {
  return Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
