import type { Scope } from './scope.ts'

/** The module `util`. */
export function provideUtil(scope: Scope): void {
  const inspect = (value: unknown): string =>
    typeof value === 'string' ? `'${value.replace(/['\\]/g, '\\$&')}'` : scope.show([value])

  const PLACES: Record<string, ((value: unknown) => string) | undefined> = {
    '%s': (value) => (typeof value === 'object' ? inspect(value) : String(value)),
    '%d': (value) => String(Number(value)),
    '%i': (value) => String(Number.parseInt(String(value), 10)),
    '%f': (value) => String(Number.parseFloat(String(value))),
    '%j': (value) => JSON.stringify(value) ?? 'undefined',
    '%o': inspect,
    '%O': inspect,
  }
  const format = (template: unknown, ...values: unknown[]): string => {
    if (typeof template !== 'string') return scope.show([template, ...values])
    const rest = [...values]
    const text = template.replace(/%[sdifjoO%]/g, (place) => {
      if (place === '%%') return '%'
      return rest.length === 0 ? place : (PLACES[place]?.(rest.shift()) ?? place)
    })
    return rest.length === 0 ? text : `${text} ${scope.show(rest)}`
  }

  type Callback = (error: unknown, value?: unknown) => void
  const promisify =
    (fn: (...values: unknown[]) => void) =>
    (...values: unknown[]) =>
      new Promise((resolve, reject) => {
        const settle: Callback = (error, value) => (error ? reject(error) : resolve(value))
        fn(...values, settle)
      })
  const callbackify =
    (fn: (...values: unknown[]) => Promise<unknown>) =>
    (...values: unknown[]) => {
      const callback = values.pop() as Callback
      fn(...values).then(
        (value) => scope.guard(() => callback(null, value)),
        (error) => scope.guard(() => callback(error)),
      )
    }

  const isDeepStrictEqual = (a: unknown, b: unknown): boolean => {
    if (Object.is(a, b)) return true
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
    if (a instanceof Date) return a.getTime() === (b as Date).getTime()
    const names = Object.keys(a)
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isDeepStrictEqual(Reflect.get(a, name), Reflect.get(b, name)))
    )
  }

  const typeTests: Record<string, (value: unknown) => boolean> = {
    isArray: Array.isArray,
    isBoolean: (value) => typeof value === 'boolean',
    isDate: (value) => value instanceof Date,
    isError: (value) => value instanceof Error,
    isFunction: (value) => typeof value === 'function',
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === 'number',
    isObject: (value) => typeof value === 'object' && value !== null,
    isPrimitive: (value) => (typeof value !== 'object' && typeof value !== 'function') || value === null,
    isRegExp: (value) => value instanceof RegExp,
    isString: (value) => typeof value === 'string',
    isUndefined: (value) => value === undefined,
  }

  scope.modules['util'] = () => ({
    ...typeTests,
    types: {
      isDate: typeTests['isDate'],
      isRegExp: typeTests['isRegExp'],
      isPromise: (value: unknown) => value instanceof Promise,
    },
    inspect,
    format,
    promisify,
    callbackify,
    isDeepStrictEqual,
    inherits(child: { prototype: object; super_?: unknown }, parent: { prototype: object }) {
      child.super_ = parent
      Object.setPrototypeOf(child.prototype, parent.prototype)
    },
    deprecate: (fn: unknown) => fn,
    TextEncoder: scope.global['TextEncoder'],
    TextDecoder: scope.global['TextDecoder'],
  })
}
