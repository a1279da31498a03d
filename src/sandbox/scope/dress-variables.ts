import type { Scope } from './scope.ts'

/**
 * Variables that scripts use in more ways than a plain JSON value allows (spec 11 §4.5, §6.3).
 */
export function provideDress(scope: Scope): void {
  const { stringify } = JSON
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

  /** The previous answer is read as an object and also parsed as text. */
  const asObjectAndText = (value: object): object =>
    Object.defineProperty(value, 'toString', {
      value() {
        return stringify(this)
      },
      enumerable: false,
      writable: true,
      configurable: true,
    })

  /** Headers are found in any spelling; listing and serializing gives the names as they came. */
  const asHeaders = (stored: object): object => {
    const nameOf = (key: PropertyKey): PropertyKey => {
      if (typeof key !== 'string' || Object.hasOwn(stored, key)) return key
      const wanted = key.toLowerCase()
      return Object.keys(stored).find((name) => name.toLowerCase() === wanted) ?? key
    }
    return new Proxy(stored, {
      get: (_target, key) => Reflect.get(stored, nameOf(key)),
      has: (_target, key) => Reflect.has(stored, nameOf(key)),
      set: (_target, key, value) => Reflect.set(stored, nameOf(key), value),
      deleteProperty: (_target, key) => Reflect.deleteProperty(stored, nameOf(key)),
      getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(stored, nameOf(key)),
    })
  }

  const dresses: Record<string, ((value: object) => object) | undefined> = {
    request_headers: asHeaders,
    request_previous_response: asObjectAndText,
    request_previous_response_headers: asHeaders,
    request_vendor_headers: asHeaders,
    response_headers: asHeaders,
  }

  scope.dress = (name, value) => {
    const dress = Object.hasOwn(dresses, name) ? dresses[name] : undefined
    return dress && isObject(value) ? dress(value) : value
  }
}
