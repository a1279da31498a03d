import { isDeepStrictEqual } from 'node:util'
import { ValenceError } from '../errors.ts'
import { checkElement } from './check-element.ts'
import { completePart } from './complete-element.ts'
import { ELEMENT_PARTS, isPart, type Part, partKind, partsOf, textOf } from './part-kinds.ts'
import { standardRows } from './standard-rows.ts'
import { type Pen, writeElement } from './write-parts.ts'

/** An element ready to be stored. */
export interface Prepared {
  key: string
  document: Part
  /** keys of the configuration rows that the platform added */
  added: string[]
}

/** Members of a row, not of the document; `importDoubts` is what an importer tells the author. */
const ROW_MEMBERS = ['id', 'createdDate', 'updatedDate', 'ownerAccountId', 'importDoubts']
const CONFIGURATION = partKind(ELEMENT_PARTS, 'configuration')

/**
 * The body of `POST` and `PUT /elements` as it is stored (spec 10 §2.4): key from the name, hub in lower case, paths below
 * `/hubs/<hub>/`, one `base.url`, the standard configuration rows of its authentication, an id for every part.
 *
 * @param before what a PUT replaces: members that the body lacks stay (spec 00 §4), parts keep their ids
 * @throws ValenceError BODY_INVALID, PARAMETER_MISSING
 */
export function prepareElement(body: Part, before: Prepared | undefined, pen: Pen): Prepared {
  checkElement(body)
  const merged = withoutRowMembers({ ...before?.document, ...body })
  const name = textOf(merged, 'name')?.trim()
  if (!name) throw new ValenceError('PARAMETER_MISSING', 'name: the name of the element is required')
  const key = textOf(body, 'key')?.trim() || before?.key || keyOf(name)
  if (key === '') {
    throw new ValenceError(
      'PARAMETER_MISSING',
      `key: the name "${name}" holds no letter or digit, so a key is required`,
    )
  }
  const named = isExport(merged)
    ? { ...merged, key }
    : { ...merged, key, hub: merged['hub'] ?? 'general', private: true }
  const { rows, added } = configurationOf(named, body, before)
  const document = writeElement({ ...withPaths(named), configuration: rows }, before?.document, pen)
  return { key, document, added }
}

/** `Acme DB element` → `acmedbelement` (spec 10 §2.4) */
function keyOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/**
 * Whether it came out of an export, here or at the original: those carry every flag and the paging rows. Its author
 * decided what it has, so nothing is added to it (docs/adr/0015-what-the-platform-adds.md).
 */
function isExport(body: Part): boolean {
  const keys = new Set(partsOf(body, CONFIGURATION).map((row) => row['key']))
  return 'deleted' in body && 'extended' in body && keys.has('pagination.type') && keys.has('pagination.max')
}

function withPaths(document: Part): Part {
  const hub = textOf(document, 'hub')?.toLowerCase()
  const resources = document['resources']
  return {
    ...document,
    ...(hub === undefined ? {} : { hub }),
    ...(Array.isArray(resources) ? { resources: resources.map((resource) => withHub(resource, hub)) } : {}),
  }
}

/** `/statuses` → `/hubs/social/statuses`: the form in which paths are stored (spec 11 §4.1). */
export function withHub(resource: Part, hub = 'general'): Part {
  const path = textOf(resource, 'path') ?? ''
  return /^\/hubs\/[^/]/.test(path) ? resource : { ...resource, path: `/hubs/${hub}/${path.replace(/^\/+/, '')}` }
}

function configurationOf(document: Part, body: Part, before: Prepared | undefined): { rows: Part[]; added: string[] } {
  const stored = before ? partsOf(before.document, CONFIGURATION) : []
  if (before && !Array.isArray(body['configuration'])) return { rows: stored, added: before.added }
  const given = withOneBaseUrl(partsOf(body, CONFIGURATION), stored)
  const keys = new Set(given.map((row) => row['key']))
  const missing = standardRows(authenticationOf(document), tokenUrlOf(given)).filter(
    ({ key }) => !keys.has(key) && (key === 'base.url' || !isExport(document)),
  )
  const next = given.reduce((last, row) => Math.max(last, orderOf(row)), -1) + 1
  return {
    rows: [...given, ...missing.map((row, index) => ({ ...row, displayOrder: next + index }))],
    added: [
      ...(before?.added ?? []).filter((key) => isUntouched(key, given, stored)),
      ...missing.map(({ key }) => key),
    ],
  }
}

/** Clients read an element and send it back whole: a row that came back as it was is still the platform's. */
function isUntouched(key: string, given: readonly Part[], stored: readonly Part[]): boolean {
  const [now, then] = [given, stored].map((rows) => {
    const row = rows.find((candidate) => candidate['key'] === key)
    return row && withoutRowMembers(completePart(CONFIGURATION, row, { id: 0, accountId: 0 }))
  })
  return now !== undefined && isDeepStrictEqual(now, then)
}

/** Exactly one, with the address it had when the new one is empty (spec 10 §2.4). */
function withOneBaseUrl(given: readonly Part[], stored: readonly Part[]): Part[] {
  const isBaseUrl = (row: Part) => row['key'] === 'base.url'
  const candidates = given.filter(isBaseUrl)
  const before = stored.find(isBaseUrl)
  const chosen = candidates.find((row) => row['defaultValue']) ?? candidates[0] ?? before
  if (!chosen) return [...given]
  const address = chosen['defaultValue'] || before?.['defaultValue']
  const row = address && !chosen['defaultValue'] ? { ...chosen, defaultValue: address } : chosen
  if (candidates.length === 0) return [row, ...given]
  return given
    .filter((candidate) => candidate === chosen || !isBaseUrl(candidate))
    .map((it) => (it === chosen ? row : it))
}

function authenticationOf(document: Part): string {
  const { authentication } = document
  return (isPart(authentication) && textOf(authentication, 'type')) || 'custom'
}

function tokenUrlOf(rows: readonly Part[]): string | undefined {
  const row = rows.find(({ key }) => key === 'oauth.token.url')
  return row && textOf(row, 'defaultValue')
}

function withoutRowMembers(part: Part): Part {
  return Object.fromEntries(Object.entries(part).filter(([member]) => !ROW_MEMBERS.includes(member)))
}

/** Members are kept as they came: an order need not be a number. */
function orderOf({ displayOrder }: Part): number {
  const order = typeof displayOrder === 'number' || typeof displayOrder === 'string' ? Number(displayOrder) : 0
  return Number.isSafeInteger(order) ? order : 0
}
