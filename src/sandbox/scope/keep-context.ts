import type { Scope } from './scope.ts'

/**
 * Lets a context serve several scripts, one after the other: what the first one finds is noted, and as long as each leaves it like that, the next one
 * cannot tell that it is not the first. Looked at is what scripts change, on purpose or not: the members of the global object, and those of what stands
 * there (`String.prototype`, `Math`, `CE`) and of `done`. That is no wall between strangers: only scripts of one author share.
 *
 * The look runs nothing of a script, neither a getter nor how arrays are walked, because it is made while no limit of the script holds any more and
 * somebody else's may wait behind it. Hence descriptors, of which only own members are read.
 */
export function provideKeepContext(scope: Scope): void {
  const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, isExtensible } = Reflect
  const { hasOwn, is } = Object
  type Holder = Record<PropertyKey, unknown>
  const noted = new Set<object>()
  const objects: { object: Holder; prototype: object | null; count: number }[] = []
  const members: { object: Holder; name: PropertyKey; before: PropertyDescriptor; isAccessor: boolean }[] = []
  /** `RegExp.$1` and its like are no members: they tell of the last match, which may be of somebody else's data. */
  const forgetLastMatch = RegExp.prototype.exec.bind(/(?:)/, '')

  const note = (value: unknown): void => {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return
    const object = value as Holder
    if (noted.has(object)) return
    noted.add(object)
    const names = ownKeys(object)
    objects.push({ object, prototype: getPrototypeOf(object), count: names.length })
    for (const name of names) {
      const before = getOwnPropertyDescriptor(object, name) as PropertyDescriptor
      members.push({ object, name, before, isAccessor: hasOwn(before, 'get') })
    }
  }

  scope.entries['keep'] = (isLegacy: boolean) => {
    scope.dressForSteps(isLegacy)
    note(scope.global)
    note(scope.done)
    for (const name of ownKeys(scope.global)) {
      const value = getOwnPropertyDescriptor(scope.global, name)?.value
      note(value)
      if (typeof value === 'function') note(value.prototype)
    }
  }

  const isAsNoted = (): boolean => {
    // before names are counted: whoever fills `Array.prototype` has made the count long, and its length another
    for (let at = 0; at < members.length; at++) {
      const { object, name, before, isAccessor } = members[at] as (typeof members)[number]
      const now = getOwnPropertyDescriptor(object, name)
      if (now === undefined || now.enumerable !== before.enumerable || now.configurable !== before.configurable)
        return false
      if (hasOwn(now, 'get') !== isAccessor) return false
      if (isAccessor) {
        if (now.get !== before.get || now.set !== before.set) return false
      } else if (!is(now.value, before.value) || now.writable !== before.writable) return false
    }
    for (let at = 0; at < objects.length; at++) {
      const { object, prototype, count } = objects[at] as (typeof objects)[number]
      if (!isExtensible(object) || getPrototypeOf(object) !== prototype || ownKeys(object).length !== count)
        return false
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
