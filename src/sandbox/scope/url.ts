import type { Scope } from './scope.ts'

/** `URL`, `URLSearchParams` and the module `url`. Addresses are taken apart by the runner's own `URL`. */
export function provideUrl(scope: Scope): void {
  type Parts = Record<string, string>
  const percentDecode = (text: string): string => {
    if (!text.includes('%')) return text
    const bytes: number[] = []
    const encoded = scope.utf8.encode(text)
    for (let at = 0; at < encoded.length; at++) {
      const code = encoded[at] as number
      const digits = code === 0x25 ? String.fromCharCode(encoded[at + 1] ?? 0, encoded[at + 2] ?? 0) : ''
      const isEscape = /^[0-9a-f]{2}$/i.test(digits)
      bytes.push(isEscape ? Number.parseInt(digits, 16) : code)
      if (isEscape) at += 2
    }
    return scope.utf8.decode(Uint8Array.from(bytes))
  }
  const formEncode = (text: string): string =>
    encodeURIComponent(text.toWellFormed())
      .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/%20/g, '+')
  const formDecode = (text: string): string => percentDecode(text.replace(/\+/g, ' '))

  type Pair = [name: string, value: string]
  const pairsOf = (init: unknown): Pair[] => {
    if (init === undefined || init === null) return []
    if (typeof init === 'object') {
      const entries = Symbol.iterator in init ? [...(init as Iterable<Pair>)] : Object.entries(init)
      return entries.map(([name, value]) => [String(name), String(value)])
    }
    return String(init)
      .replace(/^\?/, '')
      .split('&')
      .filter((part) => part !== '')
      .map((part) => {
        const at = part.indexOf('=')
        return at < 0 ? [formDecode(part), ''] : [formDecode(part.slice(0, at)), formDecode(part.slice(at + 1))]
      })
  }

  /** What an address of a `URL` must hear of. */
  const onChange = new WeakMap<object, (text: string) => void>()

  class URLSearchParams {
    #pairs: Pair[]
    constructor(init?: unknown) {
      this.#pairs = pairsOf(init)
    }
    #change(pairs: Pair[]): void {
      this.#pairs = pairs
      onChange.get(this)?.(this.toString())
    }
    get size(): number {
      return this.#pairs.length
    }
    append(name: unknown, value: unknown): void {
      this.#change([...this.#pairs, [String(name), String(value)]])
    }
    delete(name: unknown): void {
      this.#change(this.#pairs.filter(([own]) => own !== String(name)))
    }
    get(name: unknown): string | null {
      return this.#pairs.find(([own]) => own === String(name))?.[1] ?? null
    }
    getAll(name: unknown): string[] {
      return this.#pairs.filter(([own]) => own === String(name)).map(([, value]) => value)
    }
    has(name: unknown): boolean {
      return this.#pairs.some(([own]) => own === String(name))
    }
    set(name: unknown, value: unknown): void {
      const at = this.#pairs.findIndex(([own]) => own === String(name))
      if (at < 0) {
        this.append(name, value)
        return
      }
      const later = this.#pairs.slice(at + 1).filter(([own]) => own !== String(name))
      this.#change([...this.#pairs.slice(0, at), [String(name), String(value)], ...later])
    }
    sort(): void {
      this.#change(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    }
    forEach(callback: (value: string, name: string, all: URLSearchParams) => void): void {
      for (const [name, value] of this.#pairs) callback(value, name, this)
    }
    *entries(): Generator<Pair> {
      for (const [name, value] of this.#pairs) yield [name, value]
    }
    *keys(): Generator<string> {
      for (const [name] of this.#pairs) yield name
    }
    *values(): Generator<string> {
      for (const [, value] of this.#pairs) yield value
    }
    [Symbol.iterator](): Generator<Pair> {
      return this.entries()
    }
    toString(): string {
      return this.#pairs.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join('&')
    }
  }

  const partsOf = new WeakMap<object, Parts>()
  const partOf = (url: object, name: string): string => partsOf.get(url)?.[name] ?? ''
  const change = (url: object, name: string, value: unknown): void => {
    partsOf.set(url, JSON.parse(scope.ask('urlWith', partOf(url, 'href'), name, String(value))))
  }

  class URL {
    readonly searchParams: URLSearchParams
    constructor(text: unknown, base?: unknown) {
      partsOf.set(this, JSON.parse(scope.ask('url', String(text), base === undefined ? '' : String(base))))
      this.searchParams = new URLSearchParams(partOf(this, 'search'))
      onChange.set(this.searchParams, (query) => change(this, 'search', query))
    }
    static canParse(text: unknown, base?: unknown): boolean {
      try {
        return new URL(text, base) !== undefined
      } catch {
        return false
      }
    }
    get origin(): string {
      return partOf(this, 'origin')
    }
    toString(): string {
      return partOf(this, 'href')
    }
    toJSON(): string {
      return partOf(this, 'href')
    }
  }
  for (const name of [
    'href',
    'protocol',
    'username',
    'password',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'hash',
  ]) {
    Object.defineProperty(URL.prototype, name, {
      get(this: URL) {
        return partOf(this, name)
      },
      set(this: URL, value: unknown) {
        change(this, name, value)
      },
      enumerable: true,
    })
  }

  scope.global['URL'] = URL
  scope.global['URLSearchParams'] = URLSearchParams

  scope.modules['url'] = () => ({
    URL,
    URLSearchParams,
    parse(text: unknown, parseQuery = false) {
      const parts = JSON.parse(scope.ask('urlParse', String(text)))
      const { parse } = scope.require('querystring') as { parse(query: string): unknown }
      return parseQuery ? { ...parts, query: parse(parts.query ?? '') } : parts
    },
    format: (parts: unknown) => (typeof parts === 'string' ? parts : scope.ask('urlFormat', JSON.stringify(parts))),
    resolve: (from: unknown, to: unknown) => scope.ask('urlResolve', String(from), String(to)),
  })

  const formText = (text: string): string => percentDecode(text.replace(/\+/g, ' '))
  scope.modules['querystring'] = () => ({
    escape: encodeURIComponent,
    unescape: percentDecode,
    parse(query: unknown, separator = '&', equals = '=') {
      const values: Record<string, string | string[]> = {}
      for (const part of String(query ?? '').split(separator)) {
        if (part === '') continue
        const at = part.indexOf(equals)
        const name = formText(at < 0 ? part : part.slice(0, at))
        const value = at < 0 ? '' : formText(part.slice(at + equals.length))
        values[name] = Object.hasOwn(values, name) ? [values[name] as string, value].flat() : value
      }
      return values
    },
    stringify(values: object, separator = '&', equals = '=') {
      const isPlain = (value: unknown) => ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
      const textOf = (value: unknown) => (isPlain(value) ? encodeURIComponent(String(value)) : '')
      return Object.entries(values ?? {})
        .flatMap(([name, value]) => [value].flat().map((one) => encodeURIComponent(name) + equals + textOf(one)))
        .join(separator)
    },
  })
}
