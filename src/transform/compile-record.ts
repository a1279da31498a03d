import { asList } from './as-list.ts'
import { elementsOf } from './bounded-work.ts'
import type { FieldRule } from './field-rule.ts'
import { getOrAdd } from './get-or-add.ts'
import type { Path, Step } from './path.ts'
import { createReadPlan } from './read-plan.ts'
import { compileWrite, newWriteNode, type WriteNode, type Written, writeNodeAt, type Zip } from './write-plan.ts'

/** A field that has a place to be written to. */
export type Rule = FieldRule & { target: readonly Step[] }

export interface RecordOptions {
  /** null is written as null, instead of not at all */
  keepsNulls: boolean
  /** unmapped members stay beside renamed ones inside what is copied whole */
  keepsUnmapped: boolean
}

/**
 * Fields of one direction as one function. Lists are matched from the outside in (spec 20 §9.2): the first `[*]` of the one
 * path with the first of the other, element by element, and what is below is a record of its own. `[*]` that only the source
 * has make a list of the values; `[*]` that only the target has spread a list.
 *
 * @returns a function of a record and of what is written already; the latter comes back when there is nothing to write
 */
export function compileRecord(
  rules: readonly Rule[],
  options: RecordOptions,
): (source: unknown, base: unknown) => unknown {
  const plan = createReadPlan()
  const root = newWriteNode()
  const pairs = new Map<WriteNode, Map<number, Rule[]>>()
  for (const rule of rules) {
    const star = firstStar(rule.target)
    if (star < 0) {
      const { steps, prepare } = plainValue(rule, options)
      writeNodeAt(root, rule.target).values.push({ slot: plan.slotOf(steps), prepare, fallback: rule.fallback })
      continue
    }
    const list = listOf(rule)
    const node = writeNodeAt(root, rule.target.slice(0, star))
    const bySlot = getOrAdd(pairs, node, () => new Map<number, Rule[]>())
    const inner = { ...rule, source: list.inside, target: rule.target.slice(star + 1) }
    getOrAdd(bySlot, plan.slotOf(list.steps), () => []).push(inner)
  }
  for (const [node, bySlot] of pairs) node.zip = zipOf([...bySlot], options)
  const { read, slotCount } = plan.compile()
  const write = compileWrite(root, options.keepsUnmapped)
  return (source, base) => {
    const slots = new Array<unknown>(slotCount).fill(undefined)
    read(source, slots)
    return write(slots, base)
  }
}

/** Of several lists, elements at the same place make one source: the list of them. */
function zipOf(bySlot: readonly [slot: number, inner: Rule[]][], options: RecordOptions): Zip {
  const lists = bySlot.map(([slot, inner]) => ({ slot, fallback: hasDefault(inner) ? [null] : undefined }))
  const rules =
    bySlot.length === 1
      ? bySlot.flatMap(([, inner]) => inner)
      : bySlot.flatMap(([, inner], index) => inner.map((rule) => ({ ...rule, source: below(index, rule.source) })))
  return {
    lists,
    element: compileRecord(rules, options),
    fields: rules.length,
    holdsMembers: rules.some(({ target }) => target[0]?.kind === 'key'),
  }
}

/** A list that is missing becomes one of one element then, for the default to stand in. */
function hasDefault(inner: readonly Rule[]): boolean {
  return inner.some(({ source, fallback }) => source?.steps.length === 0 && fallback !== undefined)
}

function below(index: number, source: Path | undefined): Path | undefined {
  return source && { ...source, steps: [{ kind: 'at', index }, ...source.steps] }
}

/** Where the list of a rule is that writes elements, and what each of them is read by. */
function listOf({ source }: Rule): { steps: readonly Step[]; inside: Path | undefined } {
  if (!source) return { steps: [], inside: undefined }
  const star = firstStar(source.steps)
  if (star < 0) return { steps: source.steps, inside: { steps: [], isSize: source.isSize } }
  return { steps: source.steps.slice(0, star), inside: { steps: source.steps.slice(star + 1), isSize: source.isSize } }
}

function plainValue(
  { source, convert }: Rule,
  { keepsNulls }: RecordOptions,
): Pick<Written, 'prepare'> & { steps: readonly Step[] } {
  if (!source) return { steps: [], prepare: () => undefined }
  const { steps, take } = reading(source)
  return {
    steps,
    prepare(found) {
      const value = take ? take(found) : found
      if (value === undefined || value === null) return keepsNulls ? value : undefined
      return convert ? convert(value) : value
    },
  }
}

/** What a path means that no star of a target answers to: the place up to its first star, and what is made of it. */
function reading({ steps, isSize }: Path): { steps: readonly Step[]; take: ((found: unknown) => unknown) | undefined } {
  const star = firstStar(steps)
  if (star < 0) return { steps, take: isSize ? sizeOf : undefined }
  const before = steps.slice(0, star)
  const inside = steps.slice(star + 1)
  if (inside.length === 0) return { steps: before, take: isSize ? sizeOf : asList }
  const valueIn = compileRecord(
    [{ source: { steps: inside, isSize }, target: [], convert: undefined, fallback: undefined }],
    { keepsNulls: false, keepsUnmapped: false },
  )
  const isNested = firstStar(inside) >= 0
  return {
    steps: before,
    take(found) {
      const values = elementsOf(found)
        ?.map((element) => valueIn(element, undefined))
        .filter((value) => value !== undefined)
      return isNested ? values?.flat() : values
    },
  }
}

function sizeOf(value: unknown): number | undefined {
  return asList(value)?.length
}

function firstStar(steps: readonly Step[]): number {
  return steps.findIndex(({ kind }) => kind === 'each')
}
