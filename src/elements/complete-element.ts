import type { Element } from '../model/element.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import { deepFreeze } from './freeze.ts'
import { linkModels } from './link-models.ts'
import { ELEMENT_PARTS, isPart, type Part, type PartKind, partsOf } from './part-kinds.ts'

/** What an author sends and what is stored: any member of spec 11 may be missing, unknown ones are kept. */
export type ElementDocument = Part

/** What the row of an element knows beside its document. */
export interface ElementFacts {
  id: number
  key: string
  accountId: number
  createdDate: Date
  updatedDate: Date
}

/**
 * The element as answers show it and as the engine compiles it: the document with the defaults of spec 10 §2.1, §2.4 and
 * spec 11 where it says nothing. Defaults are never stored, so an export is what was imported.
 *
 * @returns deeply frozen
 */
export function completeElement(document: ElementDocument, facts: ElementFacts): Element {
  const element = { ...completeSummary(document, facts), ...completeParts(ELEMENT_PARTS, document, facts) }
  return deepFreeze({ ...element, models: linkModels(element['models'] as Part[]) } as unknown as Element)
}

/** The members that are no parts. */
export function completeSummary(document: ElementDocument, facts: ElementFacts): ElementDocument {
  const authentication = isPart(document['authentication']) ? document['authentication'] : {}
  return {
    name: facts.key,
    description: '',
    image: 'elements/custom-element-default-logo.png',
    logo: facts.key,
    hub: 'general',
    active: true,
    deleted: false,
    typeOauth: false,
    trialAccount: false,
    protocolType: 'http',
    transformationsEnabled: true,
    bulkDownloadEnabled: false,
    bulkUploadEnabled: false,
    cloneable: true,
    extendable: true,
    extended: false,
    beta: false,
    ...withoutNulls(document),
    authentication: { type: 'custom', ...withoutNulls(authentication) },
    id: facts.id,
    key: facts.key,
    private: true,
    createdDate: isoSeconds(facts.createdDate),
    updatedDate: isoSeconds(facts.updatedDate),
  }
}

/** The lists of an owner's parts, each part completed. */
export function completeParts(
  kinds: readonly PartKind[],
  owner: Part,
  { id, accountId }: { id: unknown; accountId: number },
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const kind of kinds) {
    const parts = partsOf(owner, kind).map((part) => completePart(kind, part, { id, accountId }))
    if (!kind.single && (kind.isShown || Array.isArray(owner[kind.member]))) members[kind.member] = parts
    else if (parts[0]) members[kind.member] = parts[0]
  }
  return members
}

/** One part with its defaults, as `completeElement` shows it. */
export function completePart(kind: PartKind, part: Part, owner: { id: unknown; accountId: number }): Part {
  return {
    ...kind.defaults,
    ...withoutNulls(part),
    ...kind.shown?.(part),
    ...completeParts(kind.parts, part, { id: part['id'], accountId: owner.accountId }),
    ...(kind.owner ? { [kind.owner]: owner.id } : {}),
    ...(kind.isOwned ? { ownerAccountId: owner.accountId } : {}),
  }
}

/** `null` and absent are the same (spec 11, tolerance rule): the default counts. */
function withoutNulls(part: Part): Part {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null))
}
