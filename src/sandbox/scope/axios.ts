import type { Scope, ScopeReply } from './scope.ts'

/** `axios`, as far as scripts use it: JSON in and out, errors with the response. */
export function provideAxios(scope: Scope): void {
  interface Config {
    url?: string
    baseURL?: string
    method?: string
    headers?: Record<string, unknown>
    params?: unknown
    data?: unknown
    auth?: { username: string; password: string }
    responseType?: string
    timeout?: number
    validateStatus?: ((status: number) => boolean) | null
    paramsSerializer?: unknown
    transformRequest?: unknown
    transformResponse?: unknown
  }
  const SearchParams = scope.global['URLSearchParams'] as new (
    init?: unknown,
  ) => { toString(): string; append(name: string, value: unknown): void }
  const isSearch = (value: unknown) => value instanceof SearchParams

  const queryOf = (params: unknown): string => {
    if (params === undefined || params === null) return ''
    if (isSearch(params)) return String(params)
    const query = new SearchParams()
    for (const [name, value] of Object.entries(params)) {
      if (value === undefined || value === null) continue
      if (!Array.isArray(value)) query.append(name, plain(value))
      else for (const one of value) query.append(`${name}[]`, plain(one))
    }
    return String(query)
  }
  const plain = (value: unknown): string => {
    if (value instanceof Date) return value.toISOString()
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  }

  const addressOf = ({ url = '', baseURL, params }: Config): string => {
    const isAbsolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(url)
    const address = isAbsolute || !baseURL ? url : `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
    const query = queryOf(params)
    return query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`
  }

  const bodyOf = (data: unknown, headers: Record<string, unknown>): string | undefined => {
    if (data === undefined || data === null) return undefined
    if (isSearch(data) || typeof data === 'string') {
      headers['content-type'] ??= 'application/x-www-form-urlencoded'
      return String(data)
    }
    if (data instanceof Uint8Array) return scope.utf8.decode(data)
    if (String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return queryOf(data)
    headers['content-type'] ??= 'application/json'
    return JSON.stringify(data)
  }

  const dataOf = (body: string, responseType: string | undefined): unknown => {
    if (responseType === 'arraybuffer') return scope.Buffer.from(body)
    if (responseType === 'text') return body
    try {
      return JSON.parse(body)
    } catch {
      return body
    }
  }

  class AxiosError extends Error {
    readonly isAxiosError = true
    readonly code: string
    readonly config: Config
    readonly request = {}
    readonly response: unknown
    constructor(message: string, code: string, config: Config, response?: { status: number }) {
      super(message)
      this.name = 'AxiosError'
      this.code = code
      this.config = config
      this.response = response
    }
    get status(): number | undefined {
      return (this.response as { status: number } | undefined)?.status
    }
  }

  type Handler = { done?: (value: never) => unknown; failed?: (error: unknown) => unknown }
  const interceptors = () => {
    const list: Handler[] = []
    return {
      list,
      use: (done?: Handler['done'], failed?: Handler['failed']) =>
        list.push({ ...(done ? { done } : {}), ...(failed ? { failed } : {}) }) - 1,
      eject: (at: number) => void list.splice(at, 1, {}),
    }
  }

  const lowerCase = (headers: object | undefined): Record<string, unknown> =>
    Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))

  const settle = (config: Config, { status, headers, body }: ScopeReply): unknown => {
    const response = { data: dataOf(body, config.responseType), status, statusText: '', headers, config, request: {} }
    const isFine =
      config.validateStatus === null || (config.validateStatus ?? ((code: number) => code >= 200 && code < 300))(status)
    if (isFine) return response
    const code = status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE'
    throw new AxiosError(`Request failed with status code ${status}`, code, config, response)
  }

  const send = (config: Config): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers: Record<string, unknown> = {
        accept: 'application/json, text/plain, */*',
        ...lowerCase(config.headers),
      }
      const { auth, method = 'get', data } = config
      if (auth)
        headers['authorization'] = `Basic ${scope.Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
      const request = { method, url: addressOf(config), headers, body: bodyOf(data, headers) }
      let limit: unknown
      const cancel = scope.call(request, (error, reply) => {
        ;(scope.global['clearTimeout'] as (id: unknown) => void)(limit)
        try {
          if (!reply) throw new AxiosError(error?.message ?? 'Network Error', 'ERR_NETWORK', config)
          resolve(settle(config, reply))
        } catch (failure) {
          reject(failure)
        }
      })
      if (!config.timeout) return
      limit = (scope.global['setTimeout'] as (callback: () => void, ms: number) => unknown)(() => {
        cancel()
        reject(new AxiosError(`timeout of ${config.timeout}ms exceeded`, 'ECONNABORTED', config))
      }, config.timeout)
    })

  const create = (defaults: Config = {}) => {
    const own = { headers: { common: {} }, ...defaults } as Config & { headers: Record<string, unknown> }
    const before = interceptors()
    const after = interceptors()

    const request = (first: Config | string, second: Config = {}): Promise<unknown> => {
      const given: Config = typeof first === 'string' ? { ...second, url: first } : first
      const { common = {}, ...rest } = own.headers
      const method = String(given.method ?? own.method ?? 'get').toLowerCase()
      const shared = { ...lowerCase(common as object), ...lowerCase(rest[method] as object | undefined) }
      for (const [name, value] of Object.entries(rest))
        if (typeof value !== 'object') shared[name.toLowerCase()] = value
      const config = { ...own, ...given, method, headers: { ...shared, ...lowerCase(given.headers) } }
      let result: Promise<unknown> = Promise.resolve(config)
      for (const { done, failed } of before.list.toReversed()) result = result.then(done as never, failed)
      result = result.then((final) => send(final as Config))
      for (const { done, failed } of after.list) result = result.then(done as never, failed)
      return result
    }

    const withoutBody =
      (method: string) =>
      (url: string, config: Config = {}) =>
        request({ ...config, method, url })
    const withBody =
      (method: string) =>
      (url: string, data?: unknown, config: Config = {}) =>
        request({ ...config, method, url, data })
    return Object.assign(request, {
      request,
      get: withoutBody('get'),
      delete: withoutBody('delete'),
      head: withoutBody('head'),
      options: withoutBody('options'),
      post: withBody('post'),
      put: withBody('put'),
      patch: withBody('patch'),
      getUri: addressOf,
      defaults: own,
      interceptors: { request: before, response: after },
    })
  }

  scope.modules['axios'] = () => {
    const axios = Object.assign(create(), {
      create,
      AxiosError,
      all: (list: Iterable<unknown>) => Promise.all(list),
      spread: (callback: (...values: unknown[]) => unknown) => (list: unknown[]) => callback(...list),
      isAxiosError: (value: unknown) => value instanceof AxiosError,
    })
    return Object.assign(axios, { default: axios })
  }
}
