import { type Condition, parseConditions } from './condition.ts'

/**
 * One step into a record: a member, every element of a list (`[*]`), one element by its place, or the first that satisfies
 * conditions. `text` tells equal lists of conditions apart.
 */
export type Step =
  | { kind: 'key'; name: string }
  | { kind: 'each' }
  | { kind: 'at'; index: number }
  | { kind: 'match'; conditions: readonly Condition[]; text: string }

export interface Path {
  steps: readonly Step[]
  /** ends in `.size()`: the number of elements instead of the elements */
  isSize: boolean
}

/** Longer texts, or ones with more steps, name no field of anybody. */
const MAX_PATH_LENGTH = 500
const MAX_STEPS = 32

/** A place in a list that a mapping may write to; without a limit one small path could fill the memory. */
export const MAX_WRITTEN_INDEX = 999

const SIZE = /\.size\(\)$/

/**
 * The path of a field (spec 20 §9.2): `line[*].item.id`, `products[0].id`, `Products[?(@.id==2)].name`, `rows[*].size()`.
 * Never throws: brackets that mean nothing belong to the name they stand in.
 * @returns undefined for a text that names nothing
 */
export function parsePath(text: string): Path | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_PATH_LENGTH) return undefined
  const isSize = SIZE.test(trimmed)
  const steps = stepsOf(isSize ? trimmed.replace(SIZE, '') : trimmed)
  return steps.length === 0 || steps.length > MAX_STEPS ? undefined : { steps, isSize }
}

/** Whether a mapping may write there: a record is an object, `__proto__` is nobody's field, and lists have an end. */
export function isWritable({ steps, isSize }: Path): boolean {
  if (isSize || steps[0]?.kind !== 'key') return false
  return steps.every((step) => {
    if (step.kind === 'key') return step.name !== '__proto__'
    if (step.kind === 'at') return step.index <= MAX_WRITTEN_INDEX
    return step.kind === 'each' || step.conditions.every(({ path }) => !path.includes('__proto__'))
  })
}

function stepsOf(text: string): Step[] {
  const steps: Step[] = []
  let name = ''
  const endName = () => {
    if (name) steps.push({ kind: 'key', name })
    name = ''
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    const end = character === '[' ? closingBracket(text, at) : -1
    const step = end < 0 ? undefined : bracketStep(text.slice(at + 1, end).trim())
    if (step) {
      endName()
      steps.push(step)
      at = end
    } else if (character === '.') {
      endName()
    } else {
      name += character
    }
  }
  endName()
  return steps
}

function bracketStep(inner: string): Step | undefined {
  if (inner === '*' || inner === '') return { kind: 'each' }
  if (/^\d{1,15}$/.test(inner)) return { kind: 'at', index: Number(inner) }
  const quoted = /^(['"])(.+)\1$/s.exec(inner)
  if (quoted) return { kind: 'key', name: quoted[2] as string }
  const conditions = parseConditions(inner)
  return conditions && { kind: 'match', conditions, text: inner }
}

/** The bracket that closes the one at `from`; those in quotes and inner pairs do not count. */
function closingBracket(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '[') depth++
    else if (character === ']' && --depth === 0) return at
    else if ((character === "'" || character === '"') && /[=<>([\s]/.test(text[at - 1] ?? '')) {
      const end = text.indexOf(character, at + 1)
      if (end > 0) at = end
    }
  }
  return -1
}
