import { MAX_JSON_DEPTH } from '../model/json-depth.ts'

/** Path syntax of root keys: dots, `[0]`, `[*]`, `[last]` (ours); a leading dot is ignored (spec 11 §4.4). */
export interface RootPath {
  text: string
  steps: readonly RootStep[]
}

type RootStep = { name: string } | { index: number } | 'each'

/** Splits `requestRoot|responseRoot`; without a bar the whole text is the response root. */
export function splitRootKey(rootKey: string | null | undefined): {
  request: RootPath | undefined
  response: RootPath | undefined
} {
  const text = rootKey ?? ''
  const bar = text.indexOf('|')
  return {
    request: bar < 0 ? undefined : parseRootPath(text.slice(0, bar)),
    response: parseRootPath(text.slice(bar + 1)),
  }
}

export function parseRootPath(text: string): RootPath | undefined {
  const steps: RootStep[] = []
  for (const segment of text.trim().split('.')) {
    const { name, indexes } = splitIndexes(segment)
    if (name !== '') steps.push({ name })
    for (const index of indexes) steps.push(index === '*' ? 'each' : { index: index === 'last' ? -1 : Number(index) })
  }
  // no document that is read has a place so deep
  return steps.length === 0 || steps.length > MAX_JSON_DEPTH ? undefined : { text, steps }
}

/** `lines[0][*]` → `lines`, `0`, `*`; from its end, since a name may hold brackets of its own. */
function splitIndexes(segment: string): { name: string; indexes: string[] } {
  const indexes: string[] = []
  let end = segment.length
  while (segment[end - 1] === ']') {
    const open = segment.lastIndexOf('[', end - 1)
    const index = segment.slice(open + 1, end - 1)
    if (open < 0 || !/^(?:\d+|\*|last)$/.test(index)) break
    indexes.push(index)
    end = open
  }
  return { name: segment.slice(0, end), indexes: indexes.reverse() }
}

/**
 * The value below a path, or `undefined` when the path does not resolve.
 * `[*]` maps over an array and leaves out elements in which the rest does not resolve; an empty array stays empty.
 */
export function extractPath(value: unknown, path: RootPath): unknown {
  return follow(value, path.steps, 0)
}

function follow(value: unknown, steps: readonly RootStep[], from: number): unknown {
  let current = value
  for (let at = from; at < steps.length; at++) {
    const step = steps[at] as RootStep
    if (step === 'each') {
      if (!Array.isArray(current)) return undefined
      if (at + 1 === steps.length) return current
      const found: unknown[] = []
      for (const item of current) {
        const inner = follow(item, steps, at + 1)
        if (inner !== undefined) found.push(inner)
      }
      return found
    }
    if ('index' in step) {
      if (!Array.isArray(current)) return undefined
      current = current.at(step.index)
    } else {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step.name)) return undefined
      current = (current as Record<string, unknown>)[step.name]
    }
    if (current === undefined) return undefined
  }
  return current
}

/** Wraps a value into nested objects: `a.b` → `{ a: { b: value } }`. */
export function wrapInPath(value: unknown, path: RootPath): unknown {
  return path.steps.reduceRight<unknown>(
    (inner, step) => (typeof step === 'object' && 'name' in step ? { [step.name]: inner } : [inner]),
    value,
  )
}
