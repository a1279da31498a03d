import { ownValue } from '../model/own-value.ts'

/** Reads one member of objects, decided once: only names that every object answers to need a look at whose they are. */
export function memberReader(name: string): (record: Readonly<Record<string, unknown>>) => unknown {
  return name in Object.prototype ? (record) => ownValue(record, name) : (record) => record[name]
}
