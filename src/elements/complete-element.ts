import type { ConfigurationRow, Element, Hook, Parameter, Resource } from '../model/element.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import { deepFreeze } from './freeze.ts'

/** What an author sends and what is stored: any member of spec 11 may be missing, unknown ones are kept. */
export type ElementDocument = { readonly [member: string]: unknown }

/** What the row of an element knows beside its document. */
export interface ElementFacts {
  id: number
  key: string
  active: boolean
  accountId: number
  createdDate: Date
  updatedDate: Date
}

type Part = Readonly<Record<string, unknown>>

/**
 * The element as answers show it and as the engine compiles it: the document with the defaults of spec 10 §2.1, §2.4 and
 * spec 11 §2.1 where it says nothing. Defaults are never stored, so an export is what was imported.
 *
 * @returns deeply frozen
 */
export function completeElement(document: ElementDocument, facts: ElementFacts): Element {
  const owner = { elementId: facts.id }
  return deepFreeze({
    ...completeSummary(document, facts),
    configuration: partsOf(document['configuration']).map(completeConfigurationRow),
    resources: partsOf(document['resources']).map((resource) => completeResource(resource, facts)),
    parameters: partsOf(document['parameters']).map((parameter) => completeParameter(parameter, owner)),
    hooks: partsOf(document['hooks']).map((hook) => completeHook(hook, owner)),
    objects: partsOf(document['objects']).map((object) => ({ ...object, ...owner })),
    models: partsOf(document['models']).map((model) => ({ ...model, ...owner })),
  } as unknown as Element)
}

/** The members that are no long lists. */
export function completeSummary(document: ElementDocument, facts: ElementFacts): ElementDocument {
  return {
    image: 'elements/custom-element-default-logo.png',
    logo: facts.key,
    name: facts.key,
    description: '',
    hub: 'general',
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
    authentication: { type: 'custom', ...(isPart(document['authentication']) ? document['authentication'] : {}) },
    id: facts.id,
    key: facts.key,
    active: facts.active,
    private: true,
    ownerAccountId: facts.accountId,
    createdDate: isoSeconds(facts.createdDate),
    updatedDate: isoSeconds(facts.updatedDate),
  }
}

export function completeConfigurationRow(row: Part): ConfigurationRow {
  return {
    type: 'TEXTFIELD_128',
    required: false,
    hideFromConsole: false,
    internal: false,
    active: true,
    ...withoutNulls(row),
    name: textOr(row['name'], String(row['key'])),
    description: textOr(row['description'], ''),
  } as unknown as ConfigurationRow
}

export function completeParameter(parameter: Part, owner: Part): Parameter {
  const name = textOr(parameter['name'], textOr(parameter['vendorName'], ''))
  return {
    source: 'request',
    required: false,
    ...withoutNulls(parameter),
    name,
    type: textOr(parameter['type'], 'query'),
    vendorName: textOr(parameter['vendorName'], name),
    vendorType: textOr(parameter['vendorType'], 'no-op'),
    ...owner,
  }
}

export function completeHook(hook: Part, owner: Part): Hook {
  return {
    mimeType: 'application/javascript',
    isLegacy: false,
    ...withoutNulls(hook),
    type: textOr(hook['type'], ''),
    body: textOr(hook['body'], ''),
    ...owner,
  }
}

export function completeResource(resource: Part, { accountId }: Pick<ElementFacts, 'accountId'>): Resource {
  const owner = { resourceId: resource['id'] }
  const method = textOr(resource['method'], 'GET')
  return {
    vendorMethod: method,
    type: 'api',
    kind: 'eb',
    response: { contentType: 'application/json' },
    ...withoutNulls(resource),
    method,
    path: textOr(resource['path'], ''),
    parameters: partsOf(resource['parameters']).map((parameter) => completeParameter(parameter, owner)),
    hooks: partsOf(resource['hooks']).map((hook) => completeHook(hook, owner)),
    ...(isPart(resource['model']) ? { model: { ...resource['model'], ...owner } } : {}),
    ownerAccountId: accountId,
  } as unknown as Resource
}

/** The objects of a list; whatever else stands in it is nothing that anybody could read. */
export function partsOf(value: unknown): Part[] {
  return Array.isArray(value) ? value.filter(isPart) : []
}

export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `null` and absent are the same (spec 11, tolerance rule): the default counts. */
function withoutNulls(part: Part): Record<string, unknown> {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null))
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
