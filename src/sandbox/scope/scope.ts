/**
 * What the pieces of the scope share. The pieces run inside the isolate, beside the script: each is one function that
 * refers to nothing but the language and its argument, because its own text is what is sent there (`scope-source.ts`).
 * A context serves one script, so whatever a script does to its globals or to a library, the next one starts anew; or several that share
 * one, as long as each leaves it as it found it (`keep-context.ts`).
 */
export interface Scope {
  readonly global: Record<PropertyKey, unknown>
  /** makers of modules by the name that `require` is given; each is called once at most */
  readonly modules: Record<string, (() => unknown) | undefined>
  /** tells the runner something; nothing comes back */
  post(what: PostKind, first?: string | number, second?: string | number): void
  /** asks the runner to compute; values in, text out */
  ask(question: string, ...values: (string | number)[]): string
  /** what the runner calls, with the name of one of `entries`; whether that one returned true */
  enter(entry: string, ...values: never[]): boolean
  readonly entries: Record<string, ((...values: never[]) => unknown) | undefined>
  /** what each piece does to be as it was before the first script */
  readonly resets: (() => void)[]
  /** something was begun that cannot be as it was: a library, which every script may change */
  isSpent: boolean
  /** gives the context what scripts of steps find in it; once */
  dressForSteps(isLegacy: boolean): void
  /** called after each of them */
  afterEntry: (() => void) | undefined
  /** first of all: how the runner is reached */
  connect(line: number, post: Post, ask: Scope['ask']): void
  /** runs a callback of the script; what it throws ends the script */
  guard(callback: () => unknown): void
  /** ends the script with a value, like the script's own `done` */
  done(value?: unknown): void
  /** ends the script with an error */
  fail(error: unknown): void
  /** an exception as text */
  describe(error: unknown): string
  /** one line for people: strings as they are, other values much like Node shows them */
  show(values: readonly unknown[]): string
  /** gives a variable the behaviour that scripts expect of its name */
  dress(name: string, value: unknown): unknown
  require(name: unknown): unknown
  /** the `notify` of steps of formulas */
  mailer(): { email(to: unknown, subject?: unknown, body?: unknown): void }
  /**
   * Makes an HTTP call; exactly one of `error` and `reply` is given.
   * @returns gives up waiting for the answer
   */
  call(request: ScopeRequest, listener: (error: Error | undefined, reply: ScopeReply | undefined) => void): () => void
  /** HTTP calls whose answers are not there yet */
  callsWaiting(): number
  utf8: { encode(text: string): Uint8Array; decode(bytes: Uint8Array): string }
  base64: { encode(bytes: Uint8Array): string; decode(text: string): Uint8Array }
  readonly Buffer: ScopeBuffer
  makeBuffer(): ScopeBuffer
  EventEmitter: new () => ScopeEmitter
  crypto: Record<'createHash' | 'createHmac', (algorithm: unknown, key?: unknown) => ScopeDigester>
  /** by path, `lodash/fp/_baseConvert.js` */
  readonly files: Record<string, LibraryFile | undefined>
  limits: ScopeLimits
}

export interface ScopeRequest {
  method: string
  url: string
  headers: Record<string, unknown>
  body: string | undefined
}

export interface ScopeReply {
  status: number
  headers: Record<string, unknown>
  body: string
}

export interface ScopeBuffer {
  new (value: unknown): Uint8Array & { toString(encoding?: unknown): string }
  from(value: unknown, encoding?: unknown): Uint8Array & { toString(encoding?: unknown): string }
  concat(list: Uint8Array[]): Uint8Array & { toString(encoding?: unknown): string }
}

export interface ScopeDigester {
  update(value: unknown, encoding?: unknown): ScopeDigester
  digest(encoding?: unknown): unknown
}

export interface ScopeEmitter {
  on(name: PropertyKey, listener: (...values: unknown[]) => void): this
  emit(name: PropertyKey, ...values: unknown[]): boolean
}

/** A file of a library, as Node would call it. */
export type LibraryFile = (module: { exports: unknown }, exports: unknown, require: (name: string) => unknown) => void

export interface ScopeLimits {
  resultChars: number
  errorChars: number
  consoleLines: number
  consoleLineChars: number
  consoleChars: number
  mails: number
  mailChars: number
  timers: number
  httpCalls: number
  httpHeadChars: number
  recordTimers: number
  recordHttpCalls: number
  recordCallsWaiting: number
}

export type PostKind = 'done' | 'fail' | 'log' | 'timer' | 'http' | 'part' | 'flaw' | 'mail' | 'changes'

/** @param line number under which the runner hears this script */
export type Post = (line: number, ...words: Parameters<Scope['post']>) => void

/** A piece of the scope. */
export type Provide = (scope: Scope) => void
