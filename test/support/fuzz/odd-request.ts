import fc from 'fast-check'
import { API_PREFIX } from '../../../src/http/dispatch.ts'
import type { KnownRoute } from '../every-route/cases.ts'
import { type OddBody, oddBody } from './odd-body.ts'
import { type HeaderLines, oddHeaders } from './odd-headers.ts'
import { oddQuery } from './odd-query.ts'
import { oddSegment } from './odd-values.ts'

/** A request that may be wrong in any of its parts. Texts may name rows as route cases do; they are filled in when it is sent. */
export interface OddRequest {
  method: string
  target: string
  headers: HeaderLines
  body: OddBody | undefined
  framing: Framing
  /** the route that it began as */
  route: string
  /** see RouteCase */
  slow: boolean
}

/**
 * How the end of the body is announced: `short` and `long` say a length that is not so, `chunked` cuts it in two, `torn` ends inside a chunk,
 * `both` names a length and chunks.
 */
export type Framing = 'length' | 'short' | 'long' | 'chunked' | 'torn' | 'both' | 'none'

const METHODS = [
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'PURGE',
  'FOO',
  'get',
  'CONNECT',
  'G\xcbT',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
]

/** Names that the route's schema has for members of its body and for its query. */
export interface Declared {
  body: readonly string[]
  query: readonly string[]
}

export function oddRequest(route: KnownRoute, declared: Declared): fc.Arbitrary<OddRequest> {
  const method = fc.oneof(
    { weight: 9, arbitrary: fc.constant(route.method) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  )
  const hasBody = route.method !== 'GET'
  const body = hasBody
    ? fc.option(oddBody(route.case.body, declared.body), { freq: 12, nil: undefined })
    : fc.option(oddBody({}, []), { freq: 1, nil: undefined }).filter(() => true)
  const framing: fc.Arbitrary<Framing> = fc.oneof(
    { weight: 60, arbitrary: fc.constant('length') },
    { weight: 4, arbitrary: fc.constant('chunked') },
    { weight: 2, arbitrary: fc.constantFrom('short', 'long', 'torn', 'both', 'none') },
  )
  return fc.tuple(method, target(route, declared.query), body, framing).chain(([verb, path, sent, ending]) =>
    oddHeaders(sent !== undefined).map((headers) => ({
      method: verb,
      target: path,
      headers: route.case.element ? headers.map(withToken) : headers,
      body: sent,
      framing: ending,
      route: route.name,
      slow: route.case.slow ?? false,
    })),
  )
}

function withToken(line: string): string {
  return line.replace(
    /^(Authorization: User \{userSecret\}, Organization \{organizationSecret\})$/,
    '$1, Element {token}',
  )
}

/** Deletions that hit would leave little for the requests after them. */
const rowShare = ({ method }: KnownRoute) => (method === 'DELETE' ? 1 : 5)

function target(route: KnownRoute, names: readonly string[]): fc.Arbitrary<string> {
  const { params, query } = route.case
  const places = route.url.split(/(:\w+|\*)/)
  const segments = places.map((place) => {
    if (!/^[:*]/.test(place)) return fc.constant(place)
    const good = params[place === '*' ? '*' : place.slice(1)] ?? ''
    return fc.oneof({ weight: rowShare(route), arbitrary: fc.constant(good) }, { weight: 4, arbitrary: oddSegment })
  })
  const goodQuery = fc.constant(query === undefined ? '' : `?${query}`)
  const search = fc.oneof({ weight: 2, arbitrary: goodQuery }, { weight: 1, arbitrary: oddQuery(names) })
  return fc
    .tuple(
      fc.tuple(...segments).map((parts) => parts.join('')),
      search,
      mangling,
    )
    .map(([path, end, mangle]) => mangle(path) + end)
}

type Mangle = (path: string) => string
const below = (path: string) => path.slice(API_PREFIX.length)
const same: Mangle = (path) => path

const mangling: fc.Arbitrary<Mangle> = fc.oneof(
  { weight: 20, arbitrary: fc.constant(same) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Mangle>(
      (path) => `${path}/`,
      (path) => `${path}//`,
      (path) => `${path}/nothere`,
      (path) => `${path}/..`,
      (path) => `${path}/.`,
      (path) => `${path}%`,
      (path) => `${path}#fragment`,
      (path) => path.replaceAll('/', '//'),
      (path) => `${API_PREFIX}/../..${path}`,
      (path) => `/your_moms/api-v2${below(path).replaceAll('element', 'your_mom')}`,
      (path) => `/elements/api-v1${below(path)}`,
      (path) => `/ELEMENTS/API-V2${below(path)}`,
      (path) => `http://evil.example${path}`,
      (path) => path.slice(1),
      (path) => `${path};jsessionid=1`,
      (path) => `${path}\\..`,
      (path) => `${path}${'/a'.repeat(2_000)}`,
      (path) => path.replace('elements', 'element%73'),
      () => '*',
      () => '/',
      () => '',
      () => API_PREFIX,
      () => `${API_PREFIX}/`,
    ),
  },
)
