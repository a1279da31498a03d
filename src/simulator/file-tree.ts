import { type Call, jsonReply, type Reply } from './call.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import { instant } from './instant.ts'
import type { TreeCall, TreeRules } from './simulation.ts'
import { compileTemplate, type Facts } from './template.ts'
import { createNodes, type Node, type Nodes } from './tree-nodes.ts'
import { isRow } from './vendor-envelope.ts'
import { vendorError } from './vendor-error.ts'
import type { VendorPlan } from './vendor-route.ts'

/** Files and folders of a vendor, by id and by path; of files names, types and sizes are kept, never the content. */
export interface FileTree {
  /** undefined: none of its calls */
  find(call: Call): (() => Reply) | undefined
  paths(): string[]
  reset(): void
}

interface Compiled {
  rule: TreeCall
  match(path: string): Record<string, string> | undefined
}

interface Asked {
  call: Call
  rule: TreeCall
  variables: Record<string, string>
}

type Outcome = { node: Node } | { nodes: Node[]; folder: Node | undefined } | { gone: Node } | { problem: number }

const DEFAULT_SIZE = 100

export function createFileTree(rules: TreeRules, plan: VendorPlan, now: () => Date): FileTree {
  let nodes = createNodes(rules, now)
  const calls = rules.calls.map(compiled)
  const [file, folder] = [compileTemplate(rules.file), compileTemplate(rules.folder)]

  const shown = (node: Node): unknown => {
    const parent = nodes.parentOf(node)
    const path = nodes.pathOf(node)
    return (node.isFolder ? folder : file)({
      ...node,
      path,
      lower: path.toLowerCase(),
      parentId: parent?.id,
      parentName: parent?.name,
      parentPath: parent && nodes.pathOf(parent),
      count: node.isFolder ? nodes.below(node).length : undefined,
      created: instant(node.created),
      modified: instant(node.modified),
    })
  }

  function answer(asked: Asked): Reply {
    const outcome = DOES[asked.rule.does](asked, nodes)
    if ('problem' in outcome) return vendorError(plan, rules.status?.[String(outcome.problem)] ?? outcome.problem)
    const { status, body, headers = {} } = asked.rule
    const facts: Facts =
      'nodes' in outcome
        ? listFacts(asked, outcome.nodes, outcome.folder)
        : { item: shown('node' in outcome ? outcome.node : outcome.gone) }
    const told = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerOf(value, facts)]))
    if (asked.rule.does === 'download' && 'node' in outcome) return download(outcome.node, told)
    if (body === undefined && 'gone' in outcome) return { status: status ?? 204, headers: told }
    return jsonReply(status ?? 200, compileTemplate(body ?? '$item')(facts), told)
  }

  function listFacts({ call, rule, variables }: Asked, all: Node[], above: Node | undefined): Facts {
    const cursor = decodedCursor(given(call, rule.cursor, variables))
    const size = cursor?.size ?? positive(given(call, rule.size, variables)) ?? DEFAULT_SIZE
    const start = cursor?.start ?? positive(given(call, rule.offset, variables)) ?? 0
    const list = cursor?.folder === undefined ? all : nodes.below(nodes.byId(cursor.folder) ?? nodes.root)
    const hasMore = start + size < list.length
    const next = encodedCursor({
      folder: cursor?.folder ?? above?.id,
      start: Math.min(start + size, list.length),
      size,
    })
    const query = new URLSearchParams(call.query)
    query.set(rule.cursor?.split('.').slice(1).join('.') ?? 'cursor', next)
    const each = rule.each === undefined ? undefined : compileTemplate(rule.each)
    return {
      items: list.slice(start, start + size).map((node) => (each ? each({ item: shown(node) }) : shown(node))),
      total: list.length,
      size,
      start,
      hasMore,
      cursor: next,
      next: hasMore ? next : undefined,
      nextLink: hasMore ? `${plan.origin}${call.path}?${query}` : undefined,
    }
  }

  return {
    find(call) {
      const method = call.method === 'HEAD' ? 'GET' : call.method
      for (const { rule, match } of calls) {
        const variables = rule.method === method ? match(call.path) : undefined
        const isMeant = rule.when === undefined || isGiven(call, rule.when)
        if (variables && isMeant) return () => answer({ call, rule, variables })
      }
      return undefined
    },
    paths: () => rules.calls.map(({ method, path }) => `${method} ${path}`),
    reset() {
      nodes = createNodes(rules, now)
    },
  }
}

/** What each call does to the tree; which node it means, and by what name, is said by the call. */
const DOES: Record<TreeCall['does'], (asked: Asked, nodes: Nodes) => Outcome> = {
  list(asked, nodes) {
    if (given(asked.call, asked.rule.cursor, asked.variables)) return { nodes: [], folder: undefined }
    const folder = meant(asked, nodes)
    return folder?.isFolder ? { nodes: nodes.below(folder), folder } : { problem: 404 }
  },
  search({ call, rule, variables }, nodes) {
    const text = (given(call, rule.query, variables) ?? '').toLowerCase()
    return { nodes: nodes.all().filter((node) => node.name.toLowerCase().includes(text)), folder: undefined }
  },
  read: (asked, nodes) => found(meant(asked, nodes)),
  download(asked, nodes) {
    const node = meant(asked, nodes)
    return node && !node.isFolder ? { node } : { problem: 404 }
  },
  upload(asked, nodes) {
    const [upload] = asked.call.uploads
    const sizeBytes = upload?.sizeBytes ?? Buffer.byteLength(asked.call.body)
    const before = asked.rule.by === 'path' ? undefined : meant(asked, nodes)
    if (before && !before.isFolder) return { node: nodes.change(before, { sizeBytes }) }
    const place = placeOf(asked, nodes)
    if (!place) return { problem: 404 }
    if (asked.rule.refusesTaken && nodes.child(place.folder, place.name)) return { problem: 409 }
    const type = upload?.contentType ?? asked.call.headers['content-type'] ?? ''
    return {
      node: nodes.put(place.folder, place.name || upload?.fileName || 'file', { isFolder: false, sizeBytes, type }),
    }
  },
  makeFolder(asked, nodes) {
    const place = placeOf(asked, nodes)
    if (!place || place.name === '') return { problem: place ? 400 : 404 }
    if (nodes.child(place.folder, place.name)) return { problem: 409 }
    return { node: nodes.put(place.folder, place.name, { isFolder: true, sizeBytes: 0, type: '' }) }
  },
  delete(asked, nodes) {
    const node = meant(asked, nodes)
    if (!node || node === nodes.root) return { problem: 404 }
    nodes.remove(node)
    return { gone: node }
  },
  copy: (asked, nodes) => transfer(asked, nodes, (node, folder, name) => nodes.copy(node, folder, name)),
  move: (asked, nodes) => transfer(asked, nodes, (node, folder, name) => nodes.move(node, folder, name)),
}

function transfer(asked: Asked, nodes: Nodes, act: (node: Node, folder: Node, name: string) => Node): Outcome {
  const node = meant(asked, nodes)
  if (!node || node === nodes.root) return { problem: 404 }
  const { call, rule, variables } = asked
  const to = given(call, rule.to, variables)
  const name = given(call, rule.name, variables)
  if (rule.to !== undefined && rule.toPath && to !== undefined) {
    const { above, last } = splitPath(to)
    const folder = nodes.byPath(above)
    return folder?.isFolder ? { node: act(node, folder, last) } : { problem: 404 }
  }
  const folder = to === undefined ? nodes.parentOf(node) : rule.toBy === 'path' ? nodes.byPath(to) : nodes.byId(to)
  return folder?.isFolder ? { node: act(node, folder, name ?? node.name) } : { problem: 404 }
}

function found(node: Node | undefined): Outcome {
  return node ? { node } : { problem: 404 }
}

/** The node that a call names; the root where it may leave it out. */
function meant({ call, rule, variables }: Asked, nodes: Nodes): Node | undefined {
  const text = given(call, rule.at, variables)
  if (text === undefined) return nodes.root
  return rule.by === 'path' ? (nodes.byPath(text) ?? nodes.byId(text)) : nodes.byId(text)
}

/** Folder and name of what is made: a whole path, or a folder and a name. */
function placeOf(asked: Asked, nodes: Nodes): { folder: Node; name: string } | undefined {
  const { call, rule, variables } = asked
  const name = given(call, rule.name, variables)
  if (rule.by === 'path' && rule.name === undefined) {
    const { above, last } = splitPath(given(call, rule.at, variables) ?? '')
    const folder = nodes.byPath(above) ?? (rule.makesParents ? nodes.makePath(above) : undefined)
    return folder?.isFolder ? { folder, name: last } : undefined
  }
  const folder = meant(asked, nodes)
  return folder?.isFolder ? { folder, name: name ?? '' } : undefined
}

function splitPath(path: string): { above: string; last: string } {
  const segments = path.split('/').filter(Boolean)
  return { above: segments.slice(0, -1).join('/'), last: segments.at(-1) ?? '' }
}

/** `body.shared_link`, or `query.mode=replace`. */
function isGiven(call: Call, when: string): boolean {
  const [place, wanted] = when.split('=')
  const value = given(call, place, {})
  return value !== undefined && (wanted === undefined || value === wanted)
}

/** `path.id`, `query.limit`, `body.entry.name`, `form.attributes.parent.id` and `header.x-arg.path`, the last two hold JSON. */
function given(call: Call, place: string | undefined, variables: Record<string, string>): string | undefined {
  if (place === undefined) return undefined
  const [kind = '', first = '', ...rest] = place.split('.')
  const value = READERS[kind]?.(call, first, variables)
  const inner = rest.length === 0 ? value : readPath(asObject(value), rest.join('.'))
  return inner === undefined || inner === null ? undefined : String(inner)
}

const READERS: Record<string, (call: Call, name: string, variables: Record<string, string>) => unknown> = {
  path: (_call, name, variables) => variables[name],
  query: (call, name) => call.query.get(name) ?? undefined,
  header: (call, name) => call.headers[name],
  form: (call, name) => call.fields.find(([field]) => field === name)?.[1],
  body(call, name) {
    const { value } = decodeBody(call)
    return isRow(value) ? value[name] : undefined
  },
}

function asObject(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return undefined // not JSON: then nothing lies inside
  }
}

interface Cursor {
  folder: string | undefined
  start: number
  size: number
}

function encodedCursor({ folder, start, size }: Cursor): string {
  return Buffer.from(JSON.stringify([folder ?? null, start, size])).toString('base64url')
}

function decodedCursor(text: string | undefined): Cursor | undefined {
  const parsed = text === undefined ? undefined : asObject(Buffer.from(text, 'base64url').toString())
  if (!Array.isArray(parsed)) return undefined
  const [folder, start, size] = parsed
  return { folder: folder === null ? undefined : String(folder), start: Number(start), size: Number(size) }
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text)
  return text !== undefined && Number.isInteger(number) && number >= 0 ? number : undefined
}

function headerOf(template: unknown, facts: Facts): string {
  const value = compileTemplate(template)(facts)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function download({ name, type }: Node, headers: Record<string, string>): Reply {
  const plain = name.replace(/[^\w. -]/g, '_').slice(0, 100)
  return {
    status: 200,
    headers: {
      'content-type': /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream',
      'content-disposition': `attachment; filename="${plain}"`,
      ...headers,
    },
    body: Buffer.from(`Simulated content of ${name}\n`),
  }
}

/** `{id}` is one segment, or a part of one; `{path*}` any number of them. */
function compiled(rule: TreeCall): Compiled {
  const names: string[] = []
  const source = rule.path
    .split(/(\{\w+\*?\})/)
    .map((part) => {
      const [, name, many] = /^\{(\w+)(\*?)\}$/.exec(part) ?? []
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      names.push(name)
      return many ? '(.*?)' : '([^/]+?)'
    })
    .join('')
  const pattern = new RegExp(`^${source}/?$`)
  return {
    rule,
    match(path) {
      const found = pattern.exec(decodedPath(path))
      return found ? Object.fromEntries(names.map((name, at) => [name, found[at + 1] ?? ''])) : undefined
    },
  }
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // malformed escapes match nothing
  }
}
