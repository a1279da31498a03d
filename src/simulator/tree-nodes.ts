import { REFERENCE_DATE } from './sample-rows.ts'
import type { TreeRules } from './simulation.ts'

export interface Node {
  id: string
  name: string
  isFolder: boolean
  sizeBytes: number
  type: string
  created: Date
  modified: Date
  /** the folder's id; undefined at the root */
  above: string | undefined
}

type Content = Pick<Node, 'isFolder' | 'sizeBytes' | 'type'>

/** The nodes of one tree; names are found whatever their case, as most vendors have it. */
export interface Nodes {
  root: Node
  all(): Node[]
  byId(id: string): Node | undefined
  /** `/a/b`, with or without its first slash */
  byPath(path: string): Node | undefined
  pathOf(node: Node): string
  parentOf(node: Node): Node | undefined
  below(folder: Node): Node[]
  child(folder: Node, name: string): Node | undefined
  /** what has the name already is replaced: a new version of it */
  put(folder: Node, name: string, content: Content): Node
  change(node: Node, content: Partial<Content>): Node
  /** missing folders on the way are made */
  makePath(path: string): Node
  remove(node: Node): void
  copy(node: Node, folder: Node, name: string): Node
  move(node: Node, folder: Node, name: string): Node
}

/** Callers may write for days; past this many nothing more is kept. */
const MAX_NODES = 5_000

export function createNodes(
  { root: rootId = 'root', idFormat = '####', samples = {} }: TreeRules,
  now: () => Date,
): Nodes {
  const nodes = new Map<string, Node>()
  let lastId = 0
  const newId = () => idFormat.replace(/#+/, (signs) => String(++lastId).padStart(signs.length, '0'))
  const root: Node = {
    ...{ id: rootId, name: '', isFolder: true, sizeBytes: 0, type: '', above: undefined },
    ...{ created: REFERENCE_DATE, modified: REFERENCE_DATE },
  }
  nodes.set(root.id, root)

  const below = (folder: Node) => [...nodes.values()].filter(({ above }) => above === folder.id)
  const child = (folder: Node, name: string) =>
    below(folder).find((node) => node.name.toLowerCase() === name.toLowerCase())

  function add(folder: Node, name: string, content: Content, at: Date): Node {
    const node: Node = { id: newId(), name, ...content, created: at, modified: at, above: folder.id }
    if (nodes.size < MAX_NODES) nodes.set(node.id, node)
    return node
  }

  function fill(folder: Node, content: Record<string, unknown>): void {
    for (const [name, inner] of Object.entries(content)) {
      const isFolder = typeof inner === 'object'
      const sizeBytes = isFolder ? 0 : Number(inner)
      const node = add(folder, name, { isFolder, sizeBytes, type: '' }, REFERENCE_DATE)
      if (isFolder) fill(node, inner as Record<string, unknown>)
    }
  }
  fill(root, samples)

  const change = (node: Node, content: Partial<Node>): Node => Object.assign(node, content, { modified: now() })

  function remove(node: Node): void {
    for (const inner of below(node)) remove(inner)
    nodes.delete(node.id)
  }

  function copy(node: Node, folder: Node, name: string): Node {
    const { isFolder, sizeBytes, type } = node
    const content = below(node)
    const made = add(folder, name, { isFolder, sizeBytes, type }, now())
    for (const inner of content) copy(inner, made, inner.name)
    return made
  }

  function isInside(node: Node, folder: Node | undefined): boolean {
    if (folder === undefined) return false
    return folder === node || isInside(node, folder.above === undefined ? undefined : nodes.get(folder.above))
  }

  function byPath(path: string): Node | undefined {
    let current: Node | undefined = root
    for (const name of path.split('/').filter(Boolean)) current = current && child(current, name)
    return current
  }

  function pathOf(node: Node): string {
    const above = node.above === undefined ? undefined : nodes.get(node.above)
    return above ? `${pathOf(above)}/${node.name}` : ''
  }

  return {
    root,
    all: () => [...nodes.values()].filter((node) => node !== root),
    byId: (id) => nodes.get(id),
    byPath,
    pathOf,
    parentOf: (node) => (node.above === undefined ? undefined : nodes.get(node.above)),
    below,
    child,
    put(folder, name, content) {
      const before = child(folder, name)
      return before && !content.isFolder ? change(before, content) : add(folder, name, content, now())
    },
    change,
    makePath: (path) =>
      path
        .split('/')
        .filter(Boolean)
        .reduce(
          (folder, name) => child(folder, name) ?? add(folder, name, { isFolder: true, sizeBytes: 0, type: '' }, now()),
          root,
        ),
    remove,
    copy,
    move(node, folder, name) {
      // a folder cannot be put into itself: it stays where it is
      return isInside(node, folder) ? node : change(node, { above: folder.id, name })
    },
  }
}
