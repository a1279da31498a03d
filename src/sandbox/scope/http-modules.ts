import type { Scope, ScopeReply } from './scope.ts'

/** `http` and `https` with the callbacks of Node, over the call of the hub. */
export function provideHttpModules(scope: Scope): void {
  const { Buffer, EventEmitter } = scope
  const REASONS: Record<number, string> = {
    200: 'OK',
    201: 'Created',
    202: 'Accepted',
    204: 'No Content',
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    409: 'Conflict',
    429: 'Too Many Requests',
    500: 'Internal Server Error',
    502: 'Bad Gateway',
    503: 'Service Unavailable',
  }

  interface Options {
    protocol?: string
    host?: string
    hostname?: string
    port?: string | number | null
    path?: string
    method?: string
    headers?: Record<string, unknown>
    auth?: string
  }

  class IncomingMessage extends EventEmitter {
    readonly statusCode: number
    readonly statusMessage: string
    readonly headers: Record<string, unknown>
    readonly httpVersion = '1.1'
    #encoding: string | undefined
    #body: string
    constructor({ status, headers, body }: ScopeReply) {
      super()
      this.statusCode = status
      this.statusMessage = REASONS[status] ?? ''
      this.headers = headers
      this.#body = body
    }
    setEncoding(encoding: string): this {
      this.#encoding = encoding
      return this
    }
    resume(): this {
      return this
    }
    pipe<T extends { write(chunk: unknown): void; end(): void }>(target: T): T {
      this.on('data', (chunk) => target.write(chunk))
      this.on('end', () => target.end())
      return target
    }
    async *[Symbol.asyncIterator]() {
      if (this.#body !== '') yield this.#chunk()
    }
    #chunk(): unknown {
      const bytes = Buffer.from(this.#body)
      return this.#encoding === undefined ? bytes : bytes.toString(this.#encoding)
    }
    /** After the callback has attached its listeners. */
    flow(): void {
      if (this.#body !== '') this.emit('data', this.#chunk())
      this.emit('end')
      this.emit('close')
    }
  }

  class ClientRequest extends EventEmitter {
    readonly #url: string
    readonly #method: string
    readonly #headers: Record<string, unknown>
    readonly #parts: unknown[] = []
    #cancel: (() => void) | undefined
    #isSent = false
    constructor(url: string, options: Options) {
      super()
      this.#url = url
      this.#method = options.method ?? 'GET'
      this.#headers = {}
      for (const [name, value] of Object.entries(options.headers ?? {})) this.#headers[name.toLowerCase()] = value
      if (options.auth) this.#headers['authorization'] ??= `Basic ${Buffer.from(options.auth).toString('base64')}`
    }
    setHeader(name: string, value: unknown): this {
      this.#headers[name.toLowerCase()] = value
      return this
    }
    getHeader(name: string): unknown {
      return this.#headers[name.toLowerCase()]
    }
    removeHeader(name: string): void {
      delete this.#headers[name.toLowerCase()]
    }
    write(chunk: unknown, encoding?: unknown): boolean {
      this.#parts.push(Buffer.from(chunk, encoding))
      return true
    }
    setTimeout(): this {
      return this
    }
    setNoDelay(): this {
      return this
    }
    end(chunk?: unknown, encoding?: unknown): this {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) this.write(chunk, encoding)
      if (this.#isSent) return this
      this.#isSent = true
      const body = this.#parts.length === 0 ? undefined : Buffer.concat(this.#parts as never).toString()
      const request = { method: this.#method, url: this.#url, headers: this.#headers, body }
      this.#cancel = scope.call(request, (error, reply) => this.#answer(error, reply))
      return this
    }
    #answer(error: Error | undefined, reply: ScopeReply | undefined): void {
      if (!reply) {
        this.emit('error', error)
        return
      }
      const message = new IncomingMessage(reply)
      this.emit('response', message)
      Promise.resolve().then(() => scope.guard(() => message.flow()))
    }
    abort(): void {
      this.#cancel?.()
    }
    destroy(error?: Error): this {
      this.#isSent = true
      this.#cancel?.()
      if (error) this.emit('error', error)
      return this
    }
  }

  const optionsOf = (source: unknown): Options => {
    if (typeof source !== 'string') return { ...(source as Options) }
    const { protocol, hostname, port, pathname, search, username, password } = new (
      scope.global['URL'] as {
        new (text: string): Record<string, string>
      }
    )(source)
    const auth = username ? `${decodeURIComponent(username)}:${decodeURIComponent(password ?? '')}` : undefined
    return { protocol, hostname, port, path: `${pathname}${search}`, ...(auth ? { auth } : {}) } as Options
  }
  const isUrl = (value: unknown) => typeof value === 'string' || value instanceof (scope.global['URL'] as never)

  const moduleOf = (ownProtocol: string) => {
    const request = (...values: unknown[]): ClientRequest => {
      const callback = values.findLast((value) => typeof value === 'function') as
        | ((message: unknown) => void)
        | undefined
      const [first, second] = values
      const options: Options = {
        ...optionsOf(isUrl(first) ? String(first) : first),
        ...(isUrl(first) && typeof second === 'object' ? optionsOf(second) : {}),
      }
      const host = options.hostname ?? (options.host ?? 'localhost').replace(/:\d+$/, '')
      const port = options.port ?? /:(\d+)$/.exec(options.hostname ? '' : (options.host ?? ''))?.[1] ?? ''
      const path = options.path ?? '/'
      const origin = `${options.protocol ?? ownProtocol}//${host}${String(port) === '' ? '' : `:${port}`}`
      const made = new ClientRequest(`${origin}${path.startsWith('/') ? '' : '/'}${path}`, options)
      if (callback) made.on('response', callback)
      return made
    }
    class Agent {}
    return {
      request,
      get: (...values: unknown[]) => request(...values).end(),
      Agent,
      globalAgent: new Agent(),
      STATUS_CODES: REASONS,
      METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
    }
  }
  scope.modules['http'] = () => moduleOf('http:')
  scope.modules['https'] = () => moduleOf('https:')
}
