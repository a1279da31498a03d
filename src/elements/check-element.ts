import { ValenceError } from '../errors.ts'
import { assertElementSize } from './element-size.ts'
import { ELEMENT_PARTS, isPart, type Part, type PartKind } from './part-kinds.ts'

const TEXTS = ['name', 'description', 'key', 'hub', 'image', 'logo', 'protocolType']
/** Words of paths that would be read as something else than a key (spec 10 §2.2). */
const PATH_WORDS = ['keys', 'metadata', 'convert', 'oauthProxies', 'client-sdks']
const MAX_KEY_LENGTH = 200
const MAX_HUB_LENGTH = 100
const MAX_PROBLEMS = 10

type Report = (path: string, expected: string, got: unknown) => void

/**
 * Refuses what nobody could read: lists that are none, parts that are no objects, numbers where text belongs. Everything
 * else passes: unknown members, enum values and parameter pairs are kept (spec 11, tolerance rule).
 *
 * @throws ValenceError BODY_INVALID naming up to ten problems with their paths; BODY_TOO_LARGE
 */
export function checkElement(body: Part): void {
  assertElementSize(body)
  refuse((report) => {
    checkTexts(body, TEXTS, '', report)
    checkParts(ELEMENT_PARTS, body, '', report)
    const { authentication } = body
    if (authentication !== undefined && authentication !== null) {
      if (isPart(authentication)) checkTexts(authentication, ['type'], 'authentication.', report)
      else report('authentication', 'an object with a type', authentication)
    }
    const { key, hub } = body
    if (typeof key === 'string') checkKey(key, report)
    if (typeof hub === 'string' && (hub.length > MAX_HUB_LENGTH || /[/?#{}%\s\p{Cc}]/u.test(hub))) {
      report('hub', `a word of at most ${MAX_HUB_LENGTH} characters that can stand in a path`, hub)
    }
  })
}

/** The same for one part that is made or changed alone. */
export function checkPart(kind: PartKind, part: Part): void {
  refuse((report) => {
    for (const member of kind.required) if (isAbsent(part[member])) report(member, 'a value', part[member])
    checkMembers(kind, part, '', report)
  })
}

function checkKey(key: string, report: Report): void {
  if (key.length > MAX_KEY_LENGTH || /\p{Cc}/u.test(key)) {
    report('key', `at most ${MAX_KEY_LENGTH} characters without control characters`, key)
  } else if (PATH_WORDS.includes(key)) {
    report('key', `a key that is none of the path words ${PATH_WORDS.join(', ')}`, key)
  }
}

function checkParts(kinds: readonly PartKind[], owner: Part, path: string, report: Report): void {
  for (const kind of kinds) {
    const value = owner[kind.member]
    if (value === undefined || value === null) continue
    const at = `${path}${kind.member}`
    if (kind.single) checkOne(kind, value, at, report)
    else if (Array.isArray(value))
      value.forEach((part, index) => {
        checkOne(kind, part, `${at}[${index}]`, report)
      })
    else report(at, 'a list', value)
  }
}

function checkOne(kind: PartKind, part: unknown, path: string, report: Report): void {
  if (!isPart(part)) {
    report(path, 'an object', part)
    return
  }
  for (const member of kind.indispensable ?? []) {
    if (isAbsent(part[member])) report(`${path}.${member}`, 'a value', part[member])
  }
  checkMembers(kind, part, `${path}.`, report)
}

function checkMembers(kind: PartKind, part: Part, path: string, report: Report): void {
  checkTexts(part, kind.texts, path, report)
  checkParts(kind.parts, part, path, report)
}

function checkTexts(part: Part, members: readonly string[], path: string, report: Report): void {
  for (const member of members) {
    const value = part[member]
    if (value !== undefined && value !== null && typeof value !== 'string') report(path + member, 'text', value)
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function refuse(look: (report: Report) => void): void {
  const problems: string[] = []
  look((path, expected, got) => problems.push(`${path}: expected ${expected}, got ${show(got)}`))
  if (problems.length === 0) return
  const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more`] : []
  throw new ValenceError('BODY_INVALID', [...problems.slice(0, MAX_PROBLEMS), ...more].join('; '))
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 57)}…` : json
}
