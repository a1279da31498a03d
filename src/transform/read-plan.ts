import { isObject } from '../model/is-object.ts'
import { asList } from './as-list.ts'
import { elementsOf } from './bounded-work.ts'
import { type Condition, satisfies } from './condition.ts'
import { getOrAdd } from './get-or-add.ts'
import { memberReader } from './member-reader.ts'
import type { Step } from './path.ts'

/**
 * What is read from a record: each place once, whatever many fields want from it or below it. Paths are asked for first
 * (`slotOf`), then `compile` gives one function that puts the values found into slots. A path here has no `[*]`: a list is
 * read whole, and its elements by a plan of their own.
 */
export function createReadPlan() {
  const root = newNode()
  let slots = 0
  return {
    slotOf(steps: readonly Step[]): number {
      const node = steps.reduce(childOf, root)
      node.slot ??= slots++
      return node.slot
    },
    compile(): { read: Read; slotCount: number } {
      return { read: readOf(root), slotCount: slots }
    },
  }
}

/** Where a place has no value its slot stays as it is. */
export type Read = (value: unknown, slots: unknown[]) => void

interface Node {
  slot: number | undefined
  members: Map<string, Node>
  /** by number */
  places: Map<number, Node>
  /** by the text of their conditions */
  matches: Map<string, { conditions: readonly Condition[]; node: Node }>
  /** several ways lead to a node: through its parents, and by each name with dots */
  read: Read | undefined
}

function newNode(): Node {
  return { slot: undefined, members: new Map(), places: new Map(), matches: new Map(), read: undefined }
}

function childOf(node: Node, step: Step): Node {
  if (step.kind === 'key') return getOrAdd(node.members, step.name, newNode)
  if (step.kind === 'at') return getOrAdd(node.places, step.index, newNode)
  if (step.kind === 'each') throw new Error('a list is read whole')
  return getOrAdd(node.matches, step.text, () => ({ conditions: step.conditions, node: newNode() })).node
}

function readOf(node: Node): Read {
  node.read ??= compileNode(node)
  return node.read
}

function compileNode(node: Node): Read {
  const reads: Read[] = []
  if (node.slot !== undefined) reads.push(intoSlot(node.slot))
  if (node.members.size > 0) reads.push(membersOf(node))
  for (const [index, child] of node.places) {
    const read = readOf(child)
    reads.push((value, slots) => read(asList(value)?.[index], slots))
  }
  for (const { conditions, node: child } of node.matches.values()) {
    const read = readOf(child)
    reads.push((value, slots) =>
      read(
        elementsOf(value, conditions.length)?.find((element) => satisfies(element, conditions)),
        slots,
      ),
    )
  }
  const [only] = reads
  if (only && reads.length === 1) return only
  return (value, slots) => {
    for (const read of reads) read(value, slots)
  }
}

function intoSlot(slot: number): Read {
  return (value, slots) => {
    if (value !== undefined) slots[slot] = value
  }
}

function membersOf(node: Node): Read {
  // those with dots last, so that they win: a member called `a.b` is what the path a.b means where there is one (spec 20 §9.2)
  const members = [...node.members, ...dotted(node)].map(([name, child]) => ({
    get: memberReader(name),
    read: readOf(child),
  }))
  return (value, slots) => {
    if (!isObject(value)) return
    for (const { get, read } of members) {
      const member = get(value)
      if (member !== undefined) read(member, slots)
    }
  }
}

/** Names with dots that stand for a way of at least two names down from here, to where something is read or a list begins. */
function dotted(node: Node, prefix = ''): [string, Node][] {
  return [...node.members].flatMap(([name, child]) => {
    const whole = prefix ? `${prefix}.${name}` : name
    const isEnd = child.slot !== undefined || child.places.size > 0 || child.matches.size > 0
    return [...(prefix && isEnd ? [[whole, child] as [string, Node]] : []), ...dotted(child, whole)]
  })
}
