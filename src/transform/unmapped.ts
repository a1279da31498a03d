import { isObject } from '../model/is-object.ts'
import { getOrAdd } from './get-or-add.ts'
import type { Path, Step } from './path.ts'

/**
 * What is left of a record without the places that fields are mapped from, and without objects and lists that become empty
 * by it. Elements of a list keep their places. A list that is only mapped in part, by number or condition, stays whole, as
 * does one of which only the size is asked for.
 *
 * @returns a function that copies where it leaves something out and shares all else; undefined for nothing left
 */
export function compileUnmapped(paths: readonly Path[]): Left {
  const root = newNode()
  for (const { steps, isSize } of paths) if (!isSize) leaveOut(root, steps)
  return leftOf(root)
}

type Left = (value: unknown) => unknown

interface Node {
  isLeftOut: boolean
  members: Map<string, Node>
  elements: Node | undefined
  /** several ways lead to a node: through its parent, and by each name with dots */
  left: Left | undefined
}

function newNode(): Node {
  return { isLeftOut: false, members: new Map(), elements: undefined, left: undefined }
}

function leaveOut(root: Node, steps: readonly Step[]): void {
  const whole = steps.at(-1)?.kind === 'each' ? steps.slice(0, -1) : steps
  if (whole.some(({ kind }) => kind === 'at' || kind === 'match')) return
  let node = root
  let names: string[] = []
  let above: Node[] = []
  for (const step of whole) {
    if (step.kind === 'key') {
      names.push(step.name)
      above.push(node)
      node = getOrAdd(node.members, step.name, newNode)
    } else {
      addDotted(above, names, node)
      names = []
      above = []
      node.elements ??= newNode()
      node = node.elements
    }
  }
  addDotted(above, names, node)
  node.isLeftOut = true
}

/** A member whose name is the rest of the names, dots and all, is what a path means where there is one (spec 20 §9.2). */
function addDotted(above: readonly Node[], names: readonly string[], end: Node): void {
  for (const [at, node] of above.slice(0, -1).entries()) {
    getOrAdd(node.members, names.slice(at).join('.'), () => end)
  }
}

function leftOf(node: Node): Left {
  node.left ??= compileNode(node)
  return node.left
}

function compileNode(node: Node): Left {
  if (node.isLeftOut) return () => undefined
  const members = new Map([...node.members].map(([name, child]) => [name, leftOf(child)]))
  const element = node.elements && leftOf(node.elements)
  return (value) => {
    if (Array.isArray(value)) return element ? elementsLeft(value, element) : value
    if (!isObject(value)) return value
    if (members.size === 0) return element ? element(value) : value
    return membersLeft(value, members)
  }
}

function membersLeft(record: Record<string, unknown>, members: ReadonlyMap<string, Left>): unknown {
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

function elementsLeft(list: readonly unknown[], element: Left): unknown {
  const left = list.map(element)
  return left.every((value) => value === undefined) ? undefined : left.map((value) => value ?? {})
}
