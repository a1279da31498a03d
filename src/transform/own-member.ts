import { isObject } from '../model/is-object.ts'
import { ownValue } from '../model/own-value.ts'

/** Reads one member, decided once: only names that every object answers to need a look at whose they are. */
export function memberReader(name: string): (value: unknown) => unknown {
  if (name in Object.prototype) return (value) => (isObject(value) ? ownValue(value, name) : undefined)
  return (value) => (isObject(value) ? value[name] : undefined)
}

/** A list; the one object where a list should be; undefined when there is nothing. XML vendors send lists of one so. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? undefined : [value]
}
