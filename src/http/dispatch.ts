import { buildResourceTree, type ResourceTree } from '../engine/resource-tree.ts'
import { withoutTrailingSlashes } from '../model/trim-slashes.ts'

/**
 * Decides what a path means: a platform route or a resource call of an instance (spec 00 §1, 01 §2). Everything that
 * collides is decided here and nowhere else.
 */
export const API_PREFIX = '/elements/api-v2'

/** Always the platform's, also with an Element token in the header. */
const PLATFORM_ALWAYS = new Set(
  'authentication docs elements events formulas hubs instances organizations vdrs oauthproxy'.split(' '),
)

/** The platform's unless an Element token names an instance whose element has the resource. */
const PLATFORM_WITHOUT_TOKEN = new Set(
  'accounts users usage jobs notifications metrics audit-logs customers applications change-management catalog-properties element-products integrations signup-partners bulkloader common-resources transformations'.split(
    ' ',
  ),
)

/** What needs an Element token anyway: an element has it where it writes the word out, `/{objectName}/{id}` does not mean it. */
const BY_ITS_WORD = 'bulk'

/** `models` is a root of ours that the list of the specification does not name. */
const MAY_COLLIDE = new Set([...PLATFORM_WITHOUT_TOKEN, 'models'])

/** Of a route's own path pattern: whether an element may have a resource there (spec 00 §1, rule 3). */
export function collidesWithResources(pattern: string): boolean {
  const path = pattern.slice(API_PREFIX.length)
  return path.startsWith('/hubs/:key/') || MAY_COLLIDE.has(firstSegment(path)) || collidesByItsWord(pattern)
}

/** The same, of a route or a path that only a resource takes which begins with the same word. */
export function collidesByItsWord(url: string): boolean {
  return firstSegment(resourcePath(url)) === BY_ITS_WORD
}

/** Methods of calls. No others are taken, and none has a HEAD of its own (spec 00 §11). */
export const CALL_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Of a path below the prefix: whether it is no platform's, or below a hub. */
export function mayBeResource(path: string): boolean {
  const root = firstSegment(path)
  return /^\/hubs\/[^/]+\/./.test(path) || !(PLATFORM_ALWAYS.has(root) || PLATFORM_WITHOUT_TOKEN.has(root))
}

/**
 * Of a path below the prefix that no platform route took: a call, which is refused where nobody is known; or one that the platform should
 * know.
 */
export function meaningOf(path: string, hasElementToken: boolean): 'call' | 'unknown' {
  const root = firstSegment(path)
  if (PLATFORM_ALWAYS.has(root)) return 'unknown'
  return !hasElementToken && PLATFORM_WITHOUT_TOKEN.has(root) ? 'unknown' : 'call'
}

/** Names the instance of a formula that is called at its own address (spec 30 §5.1). */
export const FORMULA_HEADER = 'Elements-Formula-Instance-Id'

/** Of a path below the prefix that no platform route took: whether a formula can be called there (spec 01: after rule 3). */
export function mayBeFormula(path: string): boolean {
  const root = firstSegment(path)
  return root !== '' && root !== BY_ITS_WORD && !PLATFORM_ALWAYS.has(root)
}

/** A path below the prefix as it was called, its hub and all. Query and trailing slashes are cut off. */
export function platformPath(url: string): string {
  return withoutTrailingSlashes((url.split(/[?#]/, 1)[0] ?? '').slice(API_PREFIX.length)) || '/'
}

/** `/hubs/crm/contacts/1` → `/contacts/1`; a bare `/contacts/1` stays. Query and trailing slashes are cut off. */
export function resourcePath(url: string): string {
  const end = url.search(/[?#]/)
  const path = (end < 0 ? url : url.slice(0, end)).slice(API_PREFIX.length)
  const below = path.replace(/^\/hubs\/[^/]+/, '')
  return withoutTrailingSlashes(below) || '/'
}

/**
 * Whether a path below the prefix is the platform's with this method, so that no formula can be called there (spec 30 §5.4). What is below a hub
 * belongs to elements, and a root that is always ours answers nobody else, also where it has no such route.
 *
 * @param routes complete when it is first asked
 */
export function createIsPlatformPath(
  routes: () => readonly { method: string; url: string }[],
): (method: string, path: string) => boolean {
  let tree: ResourceTree<true> | undefined
  return (method, path) => {
    if (!mayBeFormula(path)) return true
    tree ??= platformRouteTree(routes())
    return tree.find(method.toUpperCase(), path) !== undefined
  }
}

/** What is registered, to answer 405 with `Allow` for a known path. */
export function platformRouteTree(routes: readonly { method: string; url: string }[]): ResourceTree<true> {
  return buildResourceTree(
    routes
      .filter(({ url }) => url.startsWith(API_PREFIX) && !url.includes('*'))
      .map(({ method, url }) => ({
        method,
        path: url.slice(API_PREFIX.length).replace(/:([A-Za-z]+)/g, '{$1}'),
        value: true as const,
      })),
  )
}

function firstSegment(path: string): string {
  return path.split('/', 2)[1] ?? ''
}
