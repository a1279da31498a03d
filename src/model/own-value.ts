/**
 * A member by a name that somebody else chose: an element, a script, a vendor. Every object answers to `constructor` and
 * `__proto__`, which are no values of anybody.
 */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
