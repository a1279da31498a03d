import type { Method } from './vendor-api.ts'

export interface PlatformPath {
  /** below `/hubs/<hub>` */
  path: string
  /** platform variable → vendor variable, in order */
  variables: Map<string, string>
  /** the path that was wanted is taken by another operation */
  renamed: boolean
}

const VERSION = /^(?:api|rest|v?\d+(?:[._-]\d+)*(?:alpha|beta)?\d*|services|odata|json|public)$/i

/**
 * Paths that callers use: the vendor's without version and format, each segment plain text or one `{variable}`, because the
 * platform matches whole segments. Two operations that would answer the same call get different ones.
 *
 * @param vendorPath may carry a query
 * @param name of the platform path where nothing of the vendor's path is left
 */
export function createPlatformPaths(vendorPaths: readonly string[]) {
  const common = commonPrefix(vendorPaths.map(literalSegments))
  const taken = new Set<string>()
  return (method: Method, vendorPath: string, name: string | undefined): PlatformPath => {
    const segments = segmentsOf(vendorPath).slice(common)
    const wanted = platformSegments(segments)
    if (wanted.path === '' || (name !== undefined && segments.every(isVersion)))
      wanted.path = `/${plain(name ?? '') || 'root'}`
    let path = wanted.path
    if (taken.has(`${method} ${shapeOf(path)}`) && name !== undefined && plain(name) !== '')
      path = `${path}/${plain(name)}`
    for (let count = 2; taken.has(`${method} ${shapeOf(path)}`); count++) path = distinct(wanted.path, count)
    taken.add(`${method} ${shapeOf(path)}`)
    return { path, variables: wanted.variables, renamed: path !== wanted.path }
  }
}

/** `/users/{name}` is the same call as `/users/{id}`. */
const shapeOf = (path: string) => path.replace(/\{[^}]*\}/g, '{}')

/** `/users/{name}` → `/users-by-name/{name}`, `/users-2` */
function distinct(path: string, count: number): string {
  const variable = /\/\{([^}]+)\}$/.exec(path)?.[1]
  const suffix = variable !== undefined && count === 2 ? `-by-${variable}` : `-${count}`
  const at = [...path.matchAll(/\/([^/{}]+)(?=\/|$)/g)].at(-1)
  if (!at) return `/item${suffix}${path}`
  const end = at.index + at[0].length
  return path.slice(0, end) + suffix + path.slice(end)
}

const isVersion = (segment: string) => VERSION.test(segment)

function segmentsOf(path: string): string[] {
  return (path.split(/[?#]/, 1)[0] ?? '').split('/').filter((segment) => segment !== '')
}

/** The segments before the last one that may be left away: version and the like. */
function literalSegments(path: string): string[] {
  const segments = segmentsOf(path)
  const end = segments.findIndex((segment) => !isVersion(segment))
  return segments.slice(0, end < 0 ? Math.max(segments.length - 1, 0) : end)
}

function commonPrefix(lists: readonly (readonly string[])[]): number {
  const [first = [], ...rest] = lists
  let length = first.length
  for (const list of rest) {
    let at = 0
    while (at < length && list[at] === first[at]) at++
    length = at
  }
  return length
}

function platformSegments(segments: readonly string[]): { path: string; variables: Map<string, string> } {
  const variables = new Map<string, string>()
  const parts = segments.flatMap((segment) =>
    segment
      .split(/(\{[^{}]*\})/)
      .map((part) => (part.startsWith('{') ? variableOf(part.slice(1, -1), variables) : plain(part)))
      .filter((part) => part !== ''),
  )
  return { path: parts.map((part) => `/${part}`).join(''), variables }
}

function variableOf(vendorName: string, variables: Map<string, string>): string {
  const wanted = vendorName.replace(/^\W+/, '').replace(/\W+/g, '_').replace(/_+$/, '') || 'id'
  let name = wanted
  for (let count = 2; variables.has(name); count++) name = `${wanted}${count}`
  variables.set(name, vendorName)
  return `{${name}}`
}

/** Literal text of a path: `contacts.json` → `contacts`, `:archive` → `archive`. */
function plain(text: string): string {
  return text
    .replace(/\.(json|xml|php|aspx?|ashx|do|html?)$/i, '')
    .replace(/[^\w.~-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}
