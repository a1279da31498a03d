import { ValenceError } from '../errors.ts'
import { type Part, textOf } from './part-kinds.ts'
import { withHub } from './prepare-element.ts'
import { isReservedKey } from './reserved-keys.ts'
import { returnsAtTop } from './returns-at-top.ts'

/** What is special about changing one part alone, by its member; a table so that the rest is the same for all. */
interface PartRule {
  /** before it is stored; `hub` is the element's */
  prepare?(part: Part, hub: string | undefined): Part
  /** @throws ValenceError when it may not be made */
  create?(part: Part): void
  /** @throws ValenceError when `before` may not become `after` */
  replace?(before: Part, after: Part): void
  /** @throws ValenceError when it must stay */
  remove?(part: Part): void
}

export const PART_RULES: Readonly<Record<string, PartRule>> = {
  configuration: {
    create: (row) => assertOwnKey(String(row['key'])),
    replace: (before, after) => {
      if (after['key'] !== before['key']) assertOwnKey(String(after['key']))
      if (before['key'] === 'base.url' && after['key'] !== 'base.url') throw baseUrlStays()
    },
    // exactly one base.url, always (spec 10 §2.4)
    remove: (row) => {
      if (row['key'] === 'base.url') throw baseUrlStays()
    },
  },
  hooks: {
    create: assertScript,
    replace: (before, after) => {
      if (before['isLegacy'] !== true && after['isLegacy'] === true) {
        throw new ValenceError('PARAMETER_INVALID', 'isLegacy: a hook that is not legacy cannot become so again')
      }
      assertScript(after)
    },
  },
  resources: { prepare: withHub },
}

function assertOwnKey(key: string): void {
  if (!isReservedKey(key)) return
  throw new ValenceError(
    'PARAMETER_INVALID',
    `key: "${key}" is reserved for the platform; it can only come with a whole element (POST or PUT /elements)`,
  )
}

function baseUrlStays(): ValenceError {
  return new ValenceError('PARAMETER_INVALID', 'key: every element has exactly one "base.url"; change its defaultValue')
}

/**
 * Scripts are stored as they are, also broken ones. Only where one says that it is `v2`, it must end by `done()` and not
 * by a `return` outside of a function (spec 01 §4).
 */
function assertScript(hook: Part): void {
  if (hook['scriptEngine'] !== 'v2') return
  const body = textOf(hook, 'body') ?? ''
  if (!/\bdone\s*\(/.test(body) || returnsAtTop(body)) {
    throw new ValenceError('PARAMETER_INVALID', 'body: a v2 script ends by calling done(), not by return')
  }
}
