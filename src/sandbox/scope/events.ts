import type { Scope } from './scope.ts'

/** `events`: what the HTTP modules and parsers are made of. */
export function provideEvents(scope: Scope): void {
  type Listener = ((...values: unknown[]) => void) & { listener?: Listener }
  const lists = new WeakMap<object, Map<PropertyKey, Listener[]>>()

  class Emitter {
    listeners(name: PropertyKey): Listener[] {
      return [...(lists.get(this)?.get(name) ?? [])]
    }
    listenerCount(name: PropertyKey): number {
      return this.listeners(name).length
    }
    eventNames(): PropertyKey[] {
      return [...(lists.get(this)?.keys() ?? [])]
    }
    on(name: PropertyKey, listener: Listener): this {
      return this.insert(name, [...this.listeners(name), listener])
    }
    prependListener(name: PropertyKey, listener: Listener): this {
      return this.insert(name, [listener, ...this.listeners(name)])
    }
    once(name: PropertyKey, listener: Listener): this {
      const once: Listener = (...values) => {
        this.off(name, once)
        listener.apply(this, values)
      }
      once.listener = listener
      return this.on(name, once)
    }
    off(name: PropertyKey, listener: Listener): this {
      const list = this.listeners(name)
      const at = list.findLastIndex((one) => one === listener || one.listener === listener)
      return at < 0 ? this : this.insert(name, list.toSpliced(at, 1))
    }
    removeAllListeners(name?: PropertyKey): this {
      if (name === undefined) lists.delete(this)
      else lists.get(this)?.delete(name)
      return this
    }
    emit(name: PropertyKey, ...values: unknown[]): boolean {
      const list = this.listeners(name)
      if (list.length === 0 && name === 'error') throw values[0] ?? new Error('Unhandled error')
      for (const listener of list) listener.apply(this, values)
      return list.length > 0
    }
    setMaxListeners(): this {
      return this
    }
    addListener(name: PropertyKey, listener: Listener): this {
      return this.on(name, listener)
    }
    removeListener(name: PropertyKey, listener: Listener): this {
      return this.off(name, listener)
    }
    private insert(name: PropertyKey, list: Listener[]): this {
      const own = lists.get(this) ?? new Map<PropertyKey, Listener[]>()
      lists.set(this, own)
      if (list.length === 0) own.delete(name)
      else own.set(name, list)
      return this
    }
  }

  /** Old scripts inherit from it by `EventEmitter.call(this)`. */
  const EventEmitter = function EventEmitter() {
    return undefined
  } as unknown as typeof Emitter
  Object.defineProperty(EventEmitter, 'prototype', { value: Emitter.prototype })
  Object.defineProperty(Emitter.prototype, 'constructor', { value: EventEmitter })

  scope.EventEmitter = EventEmitter
  scope.modules['events'] = () => Object.assign(EventEmitter, { EventEmitter })
}
