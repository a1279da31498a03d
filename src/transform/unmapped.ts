import { isObject } from '../model/is-object.ts'
import type { Path, Step } from './path.ts'
import { getOrAdd } from './read-plan.ts'

/**
 * What is left of a record without the places that fields are mapped from, and without objects and lists that become empty
 * by it. Elements of a list keep their places. A list that is only mapped in part, by number or condition, stays whole, as
 * does one of which only the size is asked for.
 *
 * @returns a function that copies where it leaves something out and shares all else; undefined for nothing left
 */
export function compileUnmapped(paths: readonly Path[]): (record: unknown) => unknown {
  const root = newNode()
  for (const { steps, isSize } of paths) if (!isSize) leaveOut(root, steps)
  return compileNode(root)
}

interface Node {
  isLeftOut: boolean
  members: Map<string, Node>
  elements: Node | undefined
}

function newNode(): Node {
  return { isLeftOut: false, members: new Map(), elements: undefined }
}

function leaveOut(root: Node, steps: readonly Step[]): void {
  const whole = steps.at(-1)?.kind === 'each' ? steps.slice(0, -1) : steps
  if (whole.some(({ kind }) => kind === 'at' || kind === 'match')) return
  let node = root
  for (const [at, step] of whole.entries()) {
    if (step.kind === 'key') {
      markDotted(node, whole.slice(at))
      node = getOrAdd(node.members, step.name, newNode)
    } else {
      node.elements ??= newNode()
      node = node.elements
    }
  }
  node.isLeftOut = true
}

/** A member whose name is the whole rest of a path, dots and all, is what the path means where there is one. */
function markDotted(node: Node, rest: readonly Step[]): void {
  const names = rest.map((step) => (step.kind === 'key' ? step.name : undefined))
  if (names.length < 2 || names.includes(undefined)) return
  getOrAdd(node.members, names.join('.'), newNode).isLeftOut = true
}

function compileNode(node: Node): (value: unknown) => unknown {
  if (node.isLeftOut) return () => undefined
  const members = new Map([...node.members].map(([name, child]) => [name, compileNode(child)]))
  const element = node.elements && compileNode(node.elements)
  return (value) => {
    if (Array.isArray(value)) return element ? elementsLeft(value, element) : value
    if (!isObject(value)) return value
    if (members.size === 0) return element ? element(value) : value
    return membersLeft(value, members)
  }
}

function membersLeft(
  record: Record<string, unknown>,
  members: ReadonlyMap<string, (value: unknown) => unknown>,
): unknown {
  const names = Object.keys(record)
  const left: Record<string, unknown> = {}
  let isEmpty = names.length > 0
  for (const name of names) {
    const rest = members.get(name)
    const value = rest ? rest(record[name]) : record[name]
    if (value === undefined || name === '__proto__') continue
    left[name] = value
    isEmpty = false
  }
  return isEmpty ? undefined : left
}

function elementsLeft(list: readonly unknown[], element: (value: unknown) => unknown): unknown {
  const left = list.map(element)
  return left.every((value) => value === undefined) ? undefined : left.map((value) => value ?? {})
}
