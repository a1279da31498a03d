/**
 * Finds a resource by method and path; literal segments win over `{variables}` (spec 10 §6.1).
 * Paths are given without `/hubs/<hub>`.
 */
export interface ResourceTree<T> {
  find(method: string, path: string): Found<T> | undefined
  /** methods that the path answers, for `Allow` */
  methodsOf(path: string): string[]
}

export interface Found<T> {
  value: T
  /** decoded values of the path variables */
  variables: Record<string, string>
}

interface Node<T> {
  literals: Map<string, Node<T>>
  variable: Node<T> | undefined
  values: Map<string, { value: T; names: readonly string[] }>
}

export function buildResourceTree<T>(entries: readonly { method: string; path: string; value: T }[]): ResourceTree<T> {
  const root = newNode<T>()
  for (const { method, path, value } of entries) {
    const names: string[] = []
    let node = root
    for (const segment of segmentsOf(path)) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1]
      if (name === undefined) {
        node = node.literals.get(segment) ?? addLiteral(node, segment)
      } else {
        names.push(name.replace(/^:/, ''))
        node.variable ??= newNode<T>()
        node = node.variable
      }
    }
    // the first of several with the same method and path answers
    if (!node.values.has(method)) node.values.set(method, { value, names })
  }
  return {
    find(method, path) {
      const segments = segmentsOf(path)
      const captured: string[] = []
      const node = descend(root, segments, 0, captured, (candidate) => candidate.values.has(method))
      const found = node?.values.get(method)
      if (!found) return undefined
      // not by assignment: a variable may be called __proto__
      const variables = Object.fromEntries(found.names.map((name, index) => [name, captured[index] ?? '']))
      return { value: found.value, variables }
    },
    methodsOf(path) {
      const methods = new Set<string>()
      descend(root, segmentsOf(path), 0, [], (candidate) => {
        for (const method of candidate.values.keys()) methods.add(method)
        return false
      })
      return [...methods]
    },
  }
}

function descend<T>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  captured: string[],
  accept: (node: Node<T>) => boolean,
): Node<T> | undefined {
  if (at === segments.length) return accept(node) ? node : undefined
  const segment = segments[at] as string
  const literal = node.literals.get(segment)
  const below = literal && descend(literal, segments, at + 1, captured, accept)
  if (below) return below
  if (!node.variable) return undefined
  captured.push(segment)
  const found = descend(node.variable, segments, at + 1, captured, accept)
  if (!found) captured.pop()
  return found
}

/** Percent-decoded once; a `+` stays a plus inside a path (spec 00 §1). Undecodable text is kept as it is. */
function segmentsOf(path: string): string[] {
  const segments: string[] = []
  for (const segment of path.split('/'))
    if (segment !== '') segments.push(segment.includes('%') ? decode(segment) : segment)
  return segments
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function newNode<T>(): Node<T> {
  return { literals: new Map(), variable: undefined, values: new Map() }
}

function addLiteral<T>(node: Node<T>, segment: string): Node<T> {
  const child = newNode<T>()
  node.literals.set(segment, child)
  return child
}
