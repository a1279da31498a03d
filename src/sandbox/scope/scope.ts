/**
 * What the pieces of the scope share. The pieces run inside the isolate, beside the script: each is one function that
 * refers to nothing but the language and its argument, because its own text is what is sent there (`scope-source.ts`).
 * A context serves one script, so whatever a script does to its globals or to a library, the next one starts anew.
 */
export interface Scope {
  readonly global: Record<PropertyKey, unknown>
  /** makers of modules by the name that `require` is given; each is called once at most */
  readonly modules: Record<string, (() => unknown) | undefined>
  /** tells the runner something; nothing comes back */
  post(what: PostKind, first?: string | number, second?: string | number): void
  /** asks the runner to compute; values in, text out */
  ask(question: string, ...values: (string | number)[]): string
  /** what the runner calls, with the name of one of `entries` */
  enter(entry: string, ...values: never[]): void
  readonly entries: Record<string, ((...values: never[]) => void) | undefined>
  /** runs a callback of the script; what it throws ends the script */
  guard(callback: () => unknown): void
  /** ends the script with a value, like the script's own `done` */
  done(value?: unknown): void
  /** ends the script with an error */
  fail(error: unknown): void
  /** one line for people: strings as they are, other values much like Node shows them */
  show(values: readonly unknown[]): string
  /** gives a variable the behaviour that scripts expect of its name */
  dress(name: string, value: unknown): unknown
  limits: ScopeLimits
}

export interface ScopeLimits {
  resultChars: number
  errorChars: number
  consoleLines: number
  consoleLineChars: number
  consoleChars: number
  timers: number
}

export type PostKind = 'done' | 'fail' | 'log' | 'timer' | 'http'

/** A piece of the scope. */
export type Provide = (scope: Scope) => void
