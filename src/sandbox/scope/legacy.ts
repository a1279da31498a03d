import type { Scope } from './scope.ts'

/** What legacy scripts found in the Java engine they were written for (spec 11 §6.2, 40 §6). */
export function provideLegacy(scope: Scope): void {
  const hidden = (target: object, methods: Record<string, unknown>): object => {
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
    }
    return target
  }

  /** A list with the methods of `java.util.List`; it is an array, so its JSON is one. */
  const getArray = (items: Iterable<unknown> = []): unknown[] => {
    const list = [...items]
    hidden(list, {
      add: (...values: unknown[]) => {
        if (values.length > 1) list.splice(Number(values[0]), 0, values[1])
        else list.push(values[0])
        return true
      },
      addAll: (values: Iterable<unknown>) => list.push(...values) > 0,
      get: (at: number) => list[at],
      set: (at: number, value: unknown) => list.splice(at, 1, value)[0],
      remove: (at: number) => list.splice(at, 1)[0],
      size: () => list.length,
      isEmpty: () => list.length === 0,
      contains: (value: unknown) => list.includes(value),
      clear: () => list.splice(0),
    })
    return list
  }

  const newMap = (): object => {
    const map: Record<string, unknown> = {}
    return hidden(map, {
      put: (name: string, value: unknown) => {
        map[name] = value
      },
      get: (name: string) => map[name] ?? null,
      containsKey: (name: string) => Object.hasOwn(map, name),
      remove: (name: string) => delete map[name],
      keySet: () => getArray(Object.keys(map)),
      values: () => getArray(Object.values(map)),
      size: () => Object.keys(map).length,
      isEmpty: () => Object.keys(map).length === 0,
    })
  }

  const timeOf = (value: unknown): number => {
    const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Date.parse(String(value))
    if (Number.isNaN(ms)) throw new RangeError(`"${value}" is no date`)
    return ms
  }
  const newDateTime = (value: unknown = Date.now()) => {
    const ms = timeOf(value)
    const text = new Date(ms).toISOString()
    return {
      getMillis: () => ms,
      toDate: () => new Date(ms),
      toString: () => text,
      toJSON: () => text,
      valueOf: () => ms,
      plusDays: (days: number): unknown => newDateTime(ms + days * 86_400_000),
      minusDays: (days: number): unknown => newDateTime(ms - days * 86_400_000),
      plusMillis: (more: number): unknown => newDateTime(ms + more),
    }
  }
  const formatter = (write: (text: string) => string) => {
    const self = {
      print: (value: unknown) => write(new Date(timeOf(value)).toISOString()),
      parseDateTime: newDateTime,
      parseMillis: timeOf,
      withZone: () => self,
      withZoneUTC: () => self,
    }
    return self
  }
  const isoFormats = {
    dateTime: () => formatter((text) => text),
    dateTimeNoMillis: () => formatter((text) => text.replace(/\.\d+/, '')),
    dateTimeParser: () => formatter((text) => text),
    date: () => formatter((text) => text.slice(0, 10)),
    basicDateTime: () => formatter((text) => text.replace(/[-:]/g, '')),
    basicDate: () => formatter((text) => text.slice(0, 10).replace(/-/g, '')),
  }

  /** By the end of the class name, whatever package it stands in. */
  const classes: Record<string, unknown> = {
    ISODateTimeFormat: isoFormats,
    DateTime: function DateTime(value?: unknown) {
      return newDateTime(value)
    },
    ArrayList: function ArrayList(items?: Iterable<unknown>) {
      return getArray(items)
    },
    HashMap: function HashMap() {
      return newMap()
    },
    LinkedHashMap: function LinkedHashMap() {
      return newMap()
    },
    Date,
    String,
    System: { currentTimeMillis: () => Date.now() },
    UUID: { randomUUID: () => scope.ask('randomUuid') },
  }

  const Java = {
    from: (items: Iterable<unknown> | ArrayLike<unknown> | null) => Array.from(items ?? []),
    to: (items: unknown) => items,
    type(name: unknown) {
      const known = classes[String(name).split('.').at(-1) ?? '']
      if (known !== undefined) return known
      throw new Error(`Java.type('${name}') is not there; known are ${Object.keys(classes).join(', ')}`)
    },
  }

  scope.entries['legacy'] = () => {
    scope.global['getArray'] = getArray
    scope.global['Java'] = Java
  }
}
