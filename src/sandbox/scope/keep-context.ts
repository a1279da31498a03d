import type { Scope } from './scope.ts'

/**
 * Lets a context serve several scripts, one after the other: what the first one finds is noted, and as long as each leaves it like that, the next one
 * cannot tell that it is not the first. Looked at is what scripts change, on purpose or not: the members of the global object, and those of what they
 * extend (`String.prototype`, `Math`, `CE`). That is no wall between strangers: only scripts of one author share.
 */
export function provideKeepContext(scope: Scope): void {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect
  const { keys } = Object
  type Holder = Record<PropertyKey, unknown>
  /** Of the language. What else it has, scripts hardly extend, and every look takes its time. */
  const EXTENDED = (
    'Object Function Array String Number Boolean Symbol BigInt Date RegExp Error Map Set Promise JSON Math ' + 'console'
  ).split(' ')
  const objects: Holder[] = []
  const prototypes: (object | null)[] = []
  const counts: number[] = []
  const members: { object: Holder; name: PropertyKey; value: unknown }[] = []
  const accessors: { object: Holder; name: PropertyKey; get: unknown; set: unknown }[] = []
  /** `RegExp.$1` and its like are no members: they tell of the last match, which may be of somebody else's data. */
  const forgetLastMatch = RegExp.prototype.exec.bind(/(?:)/, '')

  const note = (value: unknown): void => {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return
    const object = value as Holder
    if (objects.includes(object)) return
    const names = ownKeys(object)
    objects.push(object)
    prototypes.push(getPrototypeOf(object))
    counts.push(names.length)
    for (const name of names) {
      const { get, set } = getOwnPropertyDescriptor(object, name) ?? {}
      if (get || set) accessors.push({ object, name, get, set })
      else members.push({ object, name, value: object[name] })
    }
  }

  scope.entries['keep'] = (isLegacy: boolean) => {
    scope.dressForSteps(isLegacy)
    note(scope.global)
    // what is enumerable there is ours
    for (const name of [...EXTENDED, ...keys(scope.global)]) {
      const value = getOwnPropertyDescriptor(scope.global, name)?.value
      note(value)
      if (typeof value === 'function') note(value.prototype)
    }
  }

  /** With nothing but what was taken before the first script came. */
  const isAsNoted = (): boolean => {
    for (let at = 0; at < objects.length; at++) {
      const object = objects[at] as Holder
      if (getPrototypeOf(object) !== prototypes[at] || ownKeys(object).length !== counts[at]) return false
    }
    for (let at = 0; at < members.length; at++) {
      const { object, name, value } = members[at] as (typeof members)[number]
      const now = object[name]
      // NaN is the one value that is not itself
      // biome-ignore lint/suspicious/noSelfCompare: see above
      if (now !== value && now === now) return false
    }
    for (let at = 0; at < accessors.length; at++) {
      const { object, name, get, set } = accessors[at] as (typeof accessors)[number]
      const now = getOwnPropertyDescriptor(object, name)
      if (now?.get !== get || now?.set !== set) return false
    }
    return true
  }

  /** After a script. @returns whether the next one may come */
  scope.entries['reset'] = () => {
    if (scope.isSpent || !isAsNoted()) return false
    for (let at = 0; at < scope.resets.length; at++) scope.resets[at]?.()
    forgetLastMatch()
    return true
  }
}
