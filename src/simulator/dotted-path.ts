/** Reads `a.b.c`; undefined where a step is missing. */
export function readPath(value: unknown, path: string): unknown {
  let current = value
  for (const step of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = (current as Record<string, unknown>)[step]
  }
  return current
}

/**
 * Builds the object in which `path` leads to `value`, merged into `into`: `data.next` → `{ data: { next: value } }`.
 * An existing member that is no object is replaced.
 */
export function writePath(into: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const steps = path.split('.')
  const last = steps.pop() ?? path
  let current = into
  for (const step of steps) {
    const existing = Object.hasOwn(current, step) ? current[step] : undefined
    const next = typeof existing === 'object' && existing !== null && !Array.isArray(existing) ? { ...existing } : {}
    define(current, step, next)
    current = next as Record<string, unknown>
  }
  define(current, last, value)
  return into
}

/** `__proto__` sent by a caller is a field like any other, not a prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
