/**
 * A small checker for hand-written YAML. It exists because TypeBox's errors do not serve an author well: it stops after eight
 * problems (a process-wide setting), reports one line for every branch of a union, and points with `/resources/~1contacts`.
 * This one collects every problem as `resources./contacts.operations[2]: expected one of list, create, got "lst"`.
 */
import { ValenceError } from '../errors.ts'

/** Takes one problem: where, what was expected, what stands there. */
export type Report = (path: string, expected: string, got: unknown) => void

/** Looks at one value and reports what is wrong with it; `T` is its type when nothing is. */
export interface Check<T> {
  (value: unknown, path: string, report: Report): void
  /** carries the type only, never set */
  readonly type?: T
}

/** The type a check guarantees. */
export type Checked<C> = C extends Check<infer T> ? T : never

type Members = Record<string, Check<unknown>>
type Flat<T> = { [K in keyof T]: T[K] }

/** Text that fits `pattern`; without one, any but the empty text. */
export function text(pattern = /./s, expected = 'text'): Check<string> {
  return (value, path, report) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(path, expected, value)
  }
}

export const integer: Check<number> = (value, path, report) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) report(path, 'a whole number from 0', value)
}

export const flag: Check<boolean> = (value, path, report) => {
  if (typeof value !== 'boolean') report(path, 'true or false', value)
}

/** A YAML scalar; the wire format stores it as text. */
export const scalar: Check<string | number | boolean> = (value, path, report) => {
  if (!['string', 'number', 'boolean'].includes(typeof value)) report(path, 'text, a number, true or false', value)
}

/** Any object, its members are not looked at. */
export const anyObject: Check<Record<string, unknown>> = (value, path, report) => {
  if (!isPlainObject(value)) report(path, 'an object', value)
}

export function oneOf<const T extends string>(values: readonly T[]): Check<T> {
  return (value, path, report) => {
    if (!values.includes(value as T)) report(path, `one of ${values.join(', ')}`, value)
  }
}

/** `when` decides by the value which of the two checks applies, so that only that one's problems are reported. */
export function either<A, B>(when: (value: unknown) => boolean, first: Check<A>, second: Check<B>): Check<A | B> {
  return (value, path, report) => (when(value) ? first(value, path, report) : second(value, path, report))
}

export function listOf<T>(item: Check<T>): Check<T[]> {
  return (value, path, report) => {
    if (!Array.isArray(value)) return report(path, 'a list', value)
    value.forEach((entry, index) => {
      item(entry, `${path}[${index}]`, report)
    })
  }
}

/** An object used as a table: names fit `key`, values fit `item`. */
export function mapOf<T>(item: Check<T>, key?: RegExp, expectedKey = 'a name'): Check<Record<string, T>> {
  return (value, path, report) => {
    if (!isPlainObject(value)) return report(path, 'an object', value)
    for (const [name, entry] of Object.entries(value)) {
      if (key && !key.test(name)) report(member(path, name), expectedKey, name)
      else item(entry, member(path, name), report)
    }
  }
}

/** An object with exactly these members; any other one is reported, which catches misspelt names. */
export function shape<R extends Members, O extends Members>(
  required: R,
  optional: O,
): Check<Flat<{ [K in keyof R]: Checked<R[K]> } & { [K in keyof O]?: Checked<O[K]> }>> {
  return (value, path, report) => {
    if (!isPlainObject(value)) return report(path, 'an object', value)
    const known = { ...required, ...optional }
    for (const name of Object.keys(required))
      if (value[name] === undefined) report(member(path, name), 'a value', undefined)
    for (const [name, entry] of Object.entries(value)) {
      const check = Object.hasOwn(known, name) ? known[name] : undefined
      if (!check) report(member(path, name), `one of the members ${Object.keys(known).join(', ')}`, name)
      else if (entry !== undefined) check(entry, member(path, name), report)
    }
  }
}

/** The same as `shape` for objects that may carry members we only pass on. */
export function openShape<R extends Members, O extends Members>(
  required: R,
  optional: O,
): Check<Flat<{ [K in keyof R]: Checked<R[K]> } & { [K in keyof O]?: Checked<O[K]> } & { [member: string]: unknown }>> {
  return (value, path, report) => {
    if (!isPlainObject(value)) return report(path, 'an object', value)
    for (const [name, check] of Object.entries(required)) check(value[name], member(path, name), report)
    for (const [name, check] of Object.entries(optional)) {
      if (value[name] !== undefined) check(value[name], member(path, name), report)
    }
  }
}

/**
 * Runs `look` and throws when it reported anything.
 * @param source name of the file, put before every problem
 * @throws ValenceError MANIFEST_INVALID, one line per problem: `<source>: <path>: expected …, got …`
 */
export function refuseProblems(source: string, look: (report: Report) => void): void {
  const problems: string[] = []
  look((path, expected, got) => {
    problems.push(`${source}: ${path === '' ? '' : `${path}: `}expected ${expected}, got ${show(got)}`)
  })
  if (problems.length > 0) throw new ValenceError('MANIFEST_INVALID', problems.join('\n'))
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 60 ? `${json.slice(0, 57)}…` : json
}
