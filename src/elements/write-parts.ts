import { ELEMENT_PARTS, isPart, type Part, type PartKind, partsOf } from './part-kinds.ts'

/** Numbers the parts of one element; a number is never given twice, also after the part that had it is gone. */
export interface Pen {
  /** the next id */
  take(): number
  /** date of new parts: `2019-04-02T10:11:12Z`; without it parts get no date */
  now?: string
}

/** Given by the platform, whatever a body says (spec 01 §1). */
const PLATFORM_MEMBERS = new Set([
  'id',
  'elementId',
  'resourceId',
  'objectId',
  'modelId',
  'fieldId',
  'createdDate',
  'updatedDate',
  'ownerAccountId',
  'contextParams',
])

/** id in the body → id in the element, of what other parts refer to */
type Renamed = Readonly<Record<'models' | 'resources', Map<unknown, number>>>

/**
 * The parts of a body as they are stored: each with an id, its platform members dropped, references between models
 * following their ids.
 *
 * @param stored the element before; a part that it has keeps its id and date: first by what identifies it, then by id
 *   (spec 10 §2.4). Without it every part is new.
 * @returns a copy of `body`
 */
export function writeElement(body: Part, stored: Part | undefined, pen: Pen): Part {
  const renamed: Renamed = { models: new Map(), resources: new Map() }
  const written = { ...body, ...writeParts(ELEMENT_PARTS, body, stored, pen, renamed) }
  return renamed.models.size === 0 ? written : { ...written, models: relink(partsOf(written, MODELS), renamed) }
}

/** One part with everything in it. @param stored what it replaces: id and date stay */
export function writePart(kind: PartKind, part: Part, stored: Part | undefined, pen: Pen, renamed?: Renamed): Part {
  const id = typeof stored?.['id'] === 'number' ? stored['id'] : pen.take()
  if (kind.member === 'models' || kind.member === 'resources') renamed?.[kind.member].set(part['id'], id)
  return {
    ...Object.fromEntries(Object.entries(part).filter(([member]) => !PLATFORM_MEMBERS.has(member))),
    ...kind.computed?.(part),
    ...writeParts(kind.parts, part, stored, pen, renamed),
    id,
    ...(kind.isDated && pen.now ? datesOf(pen.now, stored) : {}),
  }
}

function datesOf(now: string, stored: Part | undefined): Part {
  return stored ? { createdDate: stored['createdDate'] ?? now, updatedDate: now } : { createdDate: now }
}

function writeParts(
  kinds: readonly PartKind[],
  owner: Part,
  stored: Part | undefined,
  pen: Pen,
  renamed?: Renamed,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const kind of kinds) {
    const incoming = partsOf(owner, kind)
    if (!kind.single && !Array.isArray(owner[kind.member])) continue
    const counterpart = counterparts(kind, incoming, stored ? partsOf(stored, kind) : [])
    const written = incoming.map((part) => writePart(kind, part, counterpart.get(part), pen, renamed))
    if (!kind.single) members[kind.member] = written
    else if (written[0]) members[kind.member] = written[0]
  }
  return members
}

/** Which stored part each incoming one is, each at most once. */
function counterparts(kind: PartKind, incoming: readonly Part[], stored: readonly Part[]): Map<Part, Part> {
  const found = new Map<Part, Part>()
  const left = new Set(stored)
  const pair = (keyOf: (part: Part) => unknown) => {
    const known = new Map<unknown, Part[]>()
    // from the back, so that the first of several with one key is the one that `pop` gives
    for (const part of [...left].reverse()) {
      const key = keyOf(part)
      const alike = known.get(key)
      if (alike) alike.push(part)
      else known.set(key, [part])
    }
    for (const part of incoming) {
      const match = found.has(part) ? undefined : known.get(keyOf(part))?.pop()
      if (!match) continue
      found.set(part, match)
      left.delete(match)
    }
  }
  pair((part) => kind.identity(part))
  pair((part) => part['id'] ?? Symbol('none'))
  return found
}

const MODELS = { member: 'models' } as const

/** Models name each other, and resources, by id (spec 11 §8.3). */
function relink(models: readonly Part[], { models: modelIds, resources: resourceIds }: Renamed): Part[] {
  const modelId = (id: unknown) => modelIds.get(id) ?? id
  const fields = (list: unknown) =>
    Array.isArray(list)
      ? list.map((field) =>
          isPart(field) && modelIds.has(field['relatedModelId'])
            ? { ...field, relatedModelId: modelId(field['relatedModelId']) }
            : field,
        )
      : list
  const resources = (list: unknown) =>
    Array.isArray(list)
      ? list.map((entry) => (isPart(entry) ? { ...entry, id: resourceIds.get(entry['id']) ?? entry['id'] } : entry))
      : list
  const ids = (list: unknown) => (Array.isArray(list) ? list.map(modelId) : list)
  const change = new Map<string, (value: unknown) => unknown>([
    ['parentModelIds', ids],
    ['childModelIds', ids],
    ['fields', fields],
    ['modelFields', fields],
    ['resources', resources],
  ])
  return models.map((model) =>
    Object.fromEntries(Object.entries(model).map(([member, value]) => [member, change.get(member)?.(value) ?? value])),
  )
}
