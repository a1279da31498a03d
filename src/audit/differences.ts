import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../model/is-object.ts'
import { ownValue } from '../model/own-value.ts'
import { MASK, redactText } from '../redact.ts'
import { isSecretMember, type KnownSecrets } from './secret-members.ts'

/** What two states of one thing differ in; a side without anything to say is absent. */
export interface Difference {
  before?: unknown
  after?: unknown
}

/** A shorter text would blank half of every word. */
const MIN_SECRET_LENGTH = 6

/**
 * Only the members that differ, on both sides, at every depth. Parts of a list are told apart by `id` or `key` where each
 * has one, and keep it; other lists are shown whole. The order of such parts is not looked at. Secrets are `********`, so
 * that a changed one is seen to have changed and not what it is; so are those inside of texts: in addresses, headers, JSON.
 *
 * @param before undefined: it was made, and `after` is all of it; the same the other way round
 */
export function differences(before: unknown, after: unknown, secrets: KnownSecrets = {}): Difference {
  const compared = compare(before, after, secrets)
  const values = (secrets.values ?? []).filter((value) => value.length >= MIN_SECRET_LENGTH)
  if (values.length === 0) return compared
  return mapped(compared, (side) => blank(side, values))
}

function compare(before: unknown, after: unknown, secrets: KnownSecrets): Difference {
  if (before === after) return {}
  if (before === undefined) return { after: masked(after, secrets) }
  if (after === undefined) return { before: masked(before, secrets) }
  if (isRecord(before) && isRecord(after)) return compareMembers(before, after, secrets)
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, secrets)
  if (isDeepStrictEqual(before, after)) return {}
  return { before: masked(before, secrets), after: masked(after, secrets) }
}

/** When a part was touched, which the record says itself: no difference by its own. */
const DATE_OF_CHANGE = 'updatedDate'

type Members = Readonly<Record<string, unknown>>

function compareMembers(before: Members, after: Members, secrets: KnownSecrets): Difference {
  const [left, right]: [[string, unknown][], [string, unknown][]] = [[], []]
  const added = Object.keys(after).filter((name) => !Object.hasOwn(before, name))
  for (const name of Object.keys(before).concat(added)) {
    const [one, other] = [ownValue(before, name), ownValue(after, name)]
    if (one === other || name === DATE_OF_CHANGE) continue
    const isHidden = [before, after].some((owner) => isSecretMember(owner, name)) || secrets.isSecret?.(name)
    const found = isHidden ? compareHidden(one, other) : compare(one, other, secrets)
    if ('before' in found) left.push([name, found.before])
    if ('after' in found) right.push([name, found.after])
  }
  return sides(left, right, Object.fromEntries)
}

function compareHidden(before: unknown, after: unknown): Difference {
  if (isDeepStrictEqual(before, after)) return {}
  return sides([before], [after], ([value]) => hidden(value))
}

function compareLists(before: readonly unknown[], after: readonly unknown[], secrets: KnownSecrets): Difference {
  const name = ['id', 'key'].find((member) => isNamedBy(before, member) && isNamedBy(after, member))
  if (name === undefined) {
    if (isDeepStrictEqual(before, after)) return {}
    return { before: masked(before, secrets), after: masked(after, secrets) }
  }
  const [parts, others] = [before, after].map((list) => new Map((list as Members[]).map((part) => [part[name], part])))
  const [left, right]: [unknown[], unknown[]] = [[], []]
  for (const id of new Set([...(parts?.keys() ?? []), ...(others?.keys() ?? [])])) {
    const found = compare(parts?.get(id), others?.get(id), secrets)
    const whose = (side: unknown) => ({ [name]: id, ...(side as Members) })
    if ('before' in found) left.push(whose(found.before))
    if ('after' in found) right.push(whose(found.after))
  }
  return sides(left, right, (list) => list)
}

/** Whether every part of the list is an object with a value of its own under this name. */
function isNamedBy(list: readonly unknown[], name: string): boolean {
  const names = list.map((part) => (isRecord(part) ? ownValue(part, name) : undefined))
  const isName = (value: unknown) => typeof value === 'number' || typeof value === 'string'
  return names.every(isName) && new Set(names).size === names.length
}

function sides<T, R>(left: T[], right: T[], make: (items: T[]) => R): Difference {
  const isThere = (items: T[]) => items.some((item) => item !== undefined)
  return { ...(isThere(left) && { before: make(left) }), ...(isThere(right) && { after: make(right) }) }
}

/** Most texts hold none, which this tells sooner. */
const MAY_HOLD_SECRETS = /:\/\/|Bearer|Basic|token|secret|password/i

function masked(value: unknown, secrets: KnownSecrets): unknown {
  if (typeof value === 'string') return MAY_HOLD_SECRETS.test(value) ? redactText(value) : value
  if (Array.isArray(value)) return value.map((item) => masked(item, secrets))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isHidden = isSecretMember(value, name) || secrets.isSecret?.(name)
      return [name, isHidden ? hidden(member) : masked(member, secrets)]
    }),
  )
}

/** Whether there is a secret at all may be seen; numbers and switches are none, whatever they are called. */
function hidden(value: unknown): unknown {
  const isNone = value === undefined || value === null || value === ''
  return isNone || typeof value === 'number' || typeof value === 'boolean' ? value : MASK
}

function blank(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, () => MASK), value)
  if (Array.isArray(value)) return value.map((item) => blank(item, secrets))
  return isRecord(value) ? mapped(value, (member) => blank(member, secrets)) : value
}

function mapped<T extends object>(value: T, change: (member: unknown) => unknown): T {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)])) as T
}

/** A date is a value, not an object with members. */
function isRecord(value: unknown): value is Members {
  return isObject(value) && !(value instanceof Date)
}
