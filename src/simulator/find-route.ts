import type { Call } from './call.ts'
import { countMarks } from './route-marks.ts'
import { decoded, pathSegments } from './vendor-path.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'

export interface FoundRoute {
  route: VendorRoute
  /** values of the path's variables in order */
  variables: string[]
}

export interface RouteTable {
  /** @param method as the vendor sees it; HEAD is asked for as GET */
  find(method: string, call: Call): FoundRoute | undefined
  /** the resource that most likely is meant, where scripts build the path */
  closest(method: string, call: Call): FoundRoute | undefined
  /** methods that the path has */
  methodsAt(path: string): string[]
}

interface Methods {
  literal: Map<string, VendorRoute[]>
  /** by number of segments */
  variable: Map<number, VendorRoute[]>
}

/** How many leading segments an instance's own base address may add. */
const MAX_UNKNOWN_SEGMENTS = 6

export function routeTable({ routes, base }: VendorPlan): RouteTable {
  const byMethod = new Map<string, Methods>()
  for (const route of routes) index(route, byMethod)
  const baseSegments = pathSegments(base.path)

  /** The path as it came; where the base address is anybody's, with and without what may precede it. */
  function spellings(path: string): string[][] {
    const segments = pathSegments(path)
    if (!base.isOpen) return [segments]
    const shorter = Array.from({ length: Math.min(MAX_UNKNOWN_SEGMENTS, segments.length) }, (_, at) =>
      segments.slice(at + 1),
    )
    return [segments, [...baseSegments, ...segments], ...shorter]
  }

  function candidates(method: string, segments: readonly string[]): FoundRoute[] {
    const known = byMethod.get(method)
    const literal = known?.literal.get(segments.map(decoded).join('/')) ?? []
    if (literal.length > 0) return literal.map((route) => ({ route, variables: [] }))
    const fitting: FoundRoute[] = []
    for (const route of known?.variable.get(segments.length) ?? []) {
      const least = fitting[0]?.route.path.variableCount ?? route.path.variableCount
      if (route.path.variableCount > least) break
      const variables = route.path.match(segments)
      if (variables) fitting.push({ route, variables })
    }
    return fitting
  }

  return {
    find(method, call) {
      for (const segments of spellings(call.path)) {
        const found = best(candidates(method, segments), call)
        if (found) return found
      }
      return undefined
    },
    closest(method, call) {
      const segments = pathSegments(call.path).map(decoded)
      const told = routes.filter(({ served }) => served !== undefined)
      const same = told.filter((route) => route.method === method)
      // scripts may change the method too
      const possible = same.length > 0 ? same : told
      const moved = possible.filter(({ served }) => served?.movesPath)
      const ranked = (moved.length > 0 ? moved : possible).map((route) => {
        const words = new Set(route.path.segments.map(decoded))
        return { route, score: segments.filter((segment) => words.has(segment)).length + marksScore(route, call) }
      })
      const [first] = ranked.toSorted((a, b) => b.score - a.score)
      if (!first) return undefined
      const { route } = first
      return { route, variables: Array.from({ length: route.path.variableCount }, () => segments.at(-1) ?? '') }
    },
    methodsAt: (path) =>
      [...byMethod.keys()].filter((method) => spellings(path).some((one) => candidates(method, one)[0])),
  }
}

function index(route: VendorRoute, byMethod: Map<string, Methods>): void {
  const methods = byMethod.get(route.method) ?? { literal: new Map(), variable: new Map() }
  byMethod.set(route.method, methods)
  const { path } = route
  if (path.variableCount === 0) add(methods.literal, path.segments.map(decoded).join('/'), route)
  else add(methods.variable, path.segments.length, route)
}

function add<Key>(map: Map<Key, VendorRoute[]>, key: Key, route: VendorRoute): void {
  const list = map.get(key)
  if (list) list.push(route)
  else map.set(key, [route])
}

/** Of routes on one path the one whose marks the call lacks least, then has most, then the first. */
function best(found: readonly FoundRoute[], call: Call): FoundRoute | undefined {
  if (found.length < 2) return found[0]
  const ranked = found.map((one) => ({ one, ...countMarks(one.route.marks, call) }))
  return ranked.toSorted((a, b) => a.lacking - b.lacking || b.met - a.met)[0]?.one
}

function marksScore(route: VendorRoute, call: Call): number {
  const { met, lacking } = countMarks(route.marks, call)
  return 2 * met - lacking
}
