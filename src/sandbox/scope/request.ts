import type { Scope } from './scope.ts'

/** `request`, the library of older scripts: `request(options, (error, response, body) => …)`. */
export function provideRequest(scope: Scope): void {
  interface Options {
    url?: unknown
    uri?: unknown
    baseUrl?: string
    method?: string
    headers?: Record<string, unknown>
    qs?: object
    form?: unknown
    body?: unknown
    json?: unknown
    auth?: { user?: string; username?: string; pass?: string; password?: string; bearer?: string }
  }
  type Callback = (error: unknown, response?: unknown, body?: unknown) => void
  const querystring = () => scope.require('querystring') as { stringify(values: object): string }

  const addressOf = ({ url, uri, baseUrl = '', qs }: Options): string => {
    const address = `${baseUrl}${url ?? uri}`
    const query = qs ? querystring().stringify(qs) : ''
    return query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`
  }

  const authorizationOf = ({ user, username, pass, password, bearer }: NonNullable<Options['auth']>): string =>
    bearer === undefined
      ? `Basic ${scope.Buffer.from(`${user ?? username ?? ''}:${pass ?? password ?? ''}`).toString('base64')}`
      : `Bearer ${bearer}`

  const bodyOf = ({ form, json, body }: Options, headers: Record<string, unknown>): string | undefined => {
    if (form !== undefined) {
      headers['content-type'] ??= 'application/x-www-form-urlencoded'
      return typeof form === 'string' ? form : querystring().stringify(form as object)
    }
    const value = typeof json === 'object' && json !== null ? json : body
    if (json) headers['accept'] ??= 'application/json'
    if (value === undefined || value === null) return undefined
    if (!json) return String(value)
    headers['content-type'] ??= 'application/json'
    return JSON.stringify(value)
  }

  const parsed = (body: string, json: unknown): unknown => {
    if (!json) return body
    try {
      return JSON.parse(body)
    } catch {
      return body
    }
  }

  const perform = (options: Options, callback: Callback): void => {
    const headers: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = value
    if (options.auth) headers['authorization'] ??= authorizationOf(options.auth)
    const body = bodyOf(options, headers)
    scope.call({ method: options.method ?? 'GET', url: addressOf(options), headers, body }, (error, reply) => {
      if (!reply) {
        callback(error)
        return
      }
      const data = parsed(reply.body, options.json)
      callback(null, { statusCode: reply.status, headers: reply.headers, body: data }, data)
    })
  }

  const withDefaults = (defaults: Options) => {
    const request = (first: unknown, ...rest: unknown[]): void => {
      const callback = rest.findLast((value) => typeof value === 'function') as Callback | undefined
      const second = typeof rest[0] === 'object' ? rest[0] : {}
      const own = typeof first === 'object' && first !== null && !('href' in first) ? first : { url: first }
      perform({ ...defaults, ...own, ...second }, callback ?? (() => undefined))
    }
    const verb =
      (method: string) =>
      (first: unknown, ...rest: unknown[]) =>
        withDefaults({ ...defaults, method }).request(first, ...rest)
    return { request, verb }
  }

  const library = (defaults: Options): object => {
    const { request, verb } = withDefaults(defaults)
    return Object.assign(request, {
      get: verb('GET'),
      head: verb('HEAD'),
      options: verb('OPTIONS'),
      post: verb('POST'),
      put: verb('PUT'),
      patch: verb('PATCH'),
      delete: verb('DELETE'),
      del: verb('DELETE'),
      defaults: (more: Options) => library({ ...defaults, ...more }),
    })
  }
  scope.modules['request'] = () => library({})
}
