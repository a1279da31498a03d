import { contextParams } from './context-params.ts'

/**
 * The parts of an element, in one table: where they stand, what tells them apart, what they must have, and what an answer
 * shows where the author wrote nothing. Everything that walks an element (numbering, defaults, exports, the routes of
 * parts) walks this table.
 */
export interface PartKind {
  /** member of the owner: a list, or one object when `single` */
  member: string
  /** for messages */
  noun: string
  /** one object instead of a list */
  single?: true
  /** answers name the owner's id in this member */
  owner?: 'elementId' | 'resourceId' | 'objectId' | 'modelId' | 'fieldId'
  /** answers show the list also when there is none */
  isShown?: true
  /** gets a `createdDate` (spec 10 §2.4) */
  isDated?: true
  /** answers show whose it is in `ownerAccountId` (spec 10 §2.6) */
  isOwned?: true
  /** what must be there when one is made alone */
  required: readonly string[]
  /** what must be there in whole elements too, which may lack the rest (spec 11, tolerance rule) */
  indispensable?: readonly string[]
  /** a second one with the same identity is refused when it is made alone (409) */
  isUnique?: true
  /** members that the engine reads as text */
  texts: readonly string[]
  /** tells siblings apart: two of them are one too many */
  identity(part: Part): string
  /** members with their defaults, spec 11 §2.1, §3.1, §4.1, §6.1 */
  defaults: Part
  /** what an answer shows instead of what is stored */
  shown?(part: Part): Part
  /** what the platform finds out from the part and stores with it */
  computed?(part: Part): Part
  parts: readonly PartKind[]
}

export type Part = Readonly<Record<string, unknown>>

const PARAMETERS: PartKind = {
  member: 'parameters',
  noun: 'parameter',
  isShown: true,
  isDated: true,
  required: ['name', 'type', 'vendorName', 'vendorType'],
  texts: ['name', 'type', 'vendorName', 'vendorType', 'source', 'dataType', 'vendorDataType', 'converter'],
  identity: (part) => identityOf(part, 'type', 'name', 'vendorType', 'vendorName', 'source'),
  defaults: { source: 'request', required: false },
  shown: (part) => {
    const name = textOf(part, 'name') ?? textOf(part, 'vendorName') ?? ''
    return {
      name,
      type: textOf(part, 'type') ?? 'query',
      vendorName: textOf(part, 'vendorName') ?? name,
      vendorType: textOf(part, 'vendorType') ?? 'no-op',
    }
  },
  parts: [],
}

const HOOKS: PartKind = {
  member: 'hooks',
  noun: 'hook',
  isShown: true,
  required: ['type'],
  texts: ['type', 'body', 'mimeType'],
  identity: (part) => identityOf(part, 'type'),
  defaults: { mimeType: 'application/javascript', isLegacy: false },
  // an export whose scripts are in files of their own has hooks without one (spec 11, head)
  shown: (part) => ({ type: textOf(part, 'type') ?? '', body: textOf(part, 'body') ?? '' }),
  computed: (part) => ({ contextParams: contextParams(textOf(part, 'body') ?? '') }),
  parts: [],
}

const FIELDS = {
  noun: 'field',
  required: ['name'],
  texts: ['name', 'vendorName'],
  identity: (part: Part) => identityOf(part, part['name'] === undefined ? 'vendorName' : 'name'),
  defaults: {},
}

const FIELD_METHODS: PartKind = {
  member: 'fieldMethods',
  noun: 'field method',
  owner: 'fieldId',
  required: [],
  texts: [],
  identity: (part) => identityOf(part, 'method', 'direction'),
  defaults: {},
  parts: [],
}

const modelFields = (member: string): PartKind => ({
  ...FIELDS,
  member,
  owner: 'modelId',
  required: [],
  parts: [FIELD_METHODS],
})

const OBJECT = {
  noun: 'object',
  isUnique: true,
  required: ['name'],
  texts: ['name'],
  identity: (part: Part) => identityOf(part, 'name'),
  defaults: {},
  parts: [{ ...FIELDS, member: 'fields', owner: 'objectId', parts: [] }],
} satisfies Partial<PartKind>

const RESOURCE_PARTS: readonly PartKind[] = [
  { ...PARAMETERS, owner: 'resourceId' },
  { ...HOOKS, owner: 'resourceId' },
  {
    member: 'model',
    noun: 'model',
    single: true,
    owner: 'resourceId',
    required: [],
    texts: ['name', 'requestName'],
    identity: () => 'model',
    defaults: { transform: false },
    parts: [],
  },
  { ...OBJECT, member: 'object', single: true, owner: 'resourceId' },
]

export const ELEMENT_PARTS: readonly PartKind[] = [
  {
    member: 'configuration',
    noun: 'configuration',
    isShown: true,
    isUnique: true,
    required: ['key'],
    indispensable: ['key'],
    texts: ['key', 'name', 'type', 'description', 'defaultValue'],
    identity: (part) => identityOf(part, 'key'),
    defaults: { type: 'TEXTFIELD_128', required: false, hideFromConsole: false, internal: false, active: true },
    shown: (part) => ({
      name: textOf(part, 'name') ?? textOf(part, 'key') ?? '',
      description: textOf(part, 'description') ?? '',
    }),
    parts: [],
  },
  { ...PARAMETERS, owner: 'elementId' },
  { ...HOOKS, owner: 'elementId' },
  {
    member: 'resources',
    noun: 'resource',
    isShown: true,
    isDated: true,
    isOwned: true,
    isUnique: true,
    required: ['method', 'path'],
    indispensable: ['method', 'path'],
    texts: [
      'method',
      'path',
      'vendorMethod',
      'vendorPath',
      'type',
      'kind',
      'rootKey',
      'nextPageKey',
      'hasMoreKey',
      'nextResource',
      'searchResource',
      'paginationType',
      'objectName',
    ],
    identity: (part) => JSON.stringify([part['method'], part['path'], part['type'] ?? 'api']),
    defaults: { type: 'api', kind: 'eb', response: { contentType: 'application/json' } },
    shown: (part) => {
      const method = textOf(part, 'method') ?? 'GET'
      return { method, path: textOf(part, 'path') ?? '', vendorMethod: textOf(part, 'vendorMethod') ?? method }
    },
    parts: RESOURCE_PARTS,
  },
  { ...OBJECT, member: 'objects', owner: 'elementId', isShown: true, isOwned: true },
  {
    member: 'models',
    noun: 'model',
    owner: 'elementId',
    isShown: true,
    isOwned: true,
    isUnique: true,
    required: ['name'],
    texts: ['name', 'vendorName'],
    identity: (part) => identityOf(part, 'name'),
    defaults: {},
    // exports say `fields`, requests `modelFields` (spec 11 §8.3)
    parts: [modelFields('fields'), modelFields('modelFields')],
  },
]

/** @throws Error for a member that is no part: a mistake of ours */
export function partKind(kinds: readonly PartKind[], member: string): PartKind {
  const kind = kinds.find((candidate) => candidate.member === member)
  if (!kind) throw new Error(`an element has no parts "${member}"`)
  return kind
}

/** The objects of a list; whatever else stands in it is nothing that anybody could read. */
export function partsOf(owner: Part, kind: Pick<PartKind, 'member' | 'single'>): Part[] {
  const value = owner[kind.member]
  if (kind.single) return isPart(value) ? [value] : []
  return Array.isArray(value) ? value.filter(isPart) : []
}

export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textOf(part: Part, member: string): string | undefined {
  const value = part[member]
  return typeof value === 'string' ? value : undefined
}

function identityOf(part: Part, ...members: string[]): string {
  return JSON.stringify(members.map((member) => part[member] ?? null))
}
