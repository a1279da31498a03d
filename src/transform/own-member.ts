import { ownValue } from '../model/own-value.ts'

/** Reads one member of objects, decided once: only names that every object answers to need a look at whose they are. */
export function memberReader(name: string): (record: Readonly<Record<string, unknown>>) => unknown {
  return name in Object.prototype ? (record) => ownValue(record, name) : (record) => record[name]
}

/** A list; the one object where a list should be; undefined when there is nothing. XML vendors send lists of one so. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? undefined : [value]
}
