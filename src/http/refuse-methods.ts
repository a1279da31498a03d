import type { FastifyInstance } from 'fastify'
import { ValenceError } from '../errors.ts'
import type { DeclaredRoute } from './collect-routes.ts'
import { API_PREFIX, CALL_METHODS, collidesByItsWord, mayBeResource, platformRouteTree } from './dispatch.ts'

/** The methods that a whole path answers, without its query; none for one that is not there. */
export type MethodsAt = (path: string) => readonly string[]

/** @param routes complete when the first request comes */
export function createMethodsAt(routes: readonly DeclaredRoute[]): MethodsAt {
  let tree: ReturnType<typeof platformRouteTree> | undefined
  return (path) => {
    if (!path.startsWith(`${API_PREFIX}/`)) return routes.filter(({ url }) => url === path).map(({ method }) => method)
    const below = path.slice(API_PREFIX.length)
    if (mayBeResource(below) && !collidesByItsWord(path)) return CALL_METHODS
    tree ??= platformRouteTree(routes)
    const methods = tree.methodsOf(below)
    return methods.length === 0 && mayBeResource(below) ? CALL_METHODS : methods
  }
}

/**
 * HEAD of what has none, TRACE, OPTIONS that is no preflight, and whatever else HTTP has, before a body is read: 405 with `Allow`, or 404 where there is no
 * such path (spec 00 §12).
 */
export function refuseOtherMethods(app: FastifyInstance, methodsAt: MethodsAt): void {
  const known = new Set<string>(CALL_METHODS)
  app.addHook('onRequest', (request, _reply, done) => {
    if (known.has(request.method) || (request.method === 'HEAD' && !request.is404)) done()
    else done(unknownRoute(request.method, request.url, methodsAt))
  })
}

/** @param url with its query, if there is one */
export function unknownRoute(method: string, url: string, methodsAt: MethodsAt): ValenceError {
  const path = url.split(/[?#]/, 1)[0] ?? ''
  const allow = methodsAt(path).join(', ')
  if (allow === '')
    return new ValenceError('NOT_FOUND', `There is no ${method} ${path}; the API is below ${API_PREFIX}`)
  return new ValenceError('METHOD_NOT_ALLOWED', `${path} answers ${allow}, not ${method}`, { headers: { allow } })
}
