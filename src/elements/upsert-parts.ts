import { isDeepStrictEqual } from 'node:util'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { checkElement, checkPart } from './check-element.ts'
import { completePart } from './complete-element.ts'
import { type Edit, editElement, editExtension } from './edit-element.ts'
import type { ElementContext } from './element-context.ts'
import { editParts, readPart } from './element-parts.ts'
import { ELEMENT_PARTS, isPart, type Part, type PartKind, partKind, partsOf } from './part-kinds.ts'
import { type Pen, writePart } from './write-parts.ts'

const CONFIGURATION = partKind(ELEMENT_PARTS, 'configuration')
const MODELS = partKind(ELEMENT_PARTS, 'models')
const MODEL_FIELDS = partKind(MODELS.parts, 'modelFields')
const MAX_AT_ONCE = 1_000

/**
 * `PUT /elements/{k}/configurations`: makes or changes every row of a whole element's `configuration`, by key; of a
 * shipped element for the caller's account (spec 10 §2.6).
 *
 * @param body the element, or its rows
 */
export async function upsertConfiguration(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  body: Part | readonly Part[],
): Promise<Element> {
  const rows: unknown = Array.isArray(body) ? body : (body as Part)['configuration']
  if (!Array.isArray(rows)) throw new ValenceError('PARAMETER_MISSING', 'configuration: a list of rows is required')
  checkElement({ configuration: rows })
  const { element, owner } = await context.elements.require(caller, keyOrId)
  const given = (rows as Part[]).filter((row) => owner !== undefined || isOther(element, row))
  const upsert: Edit<undefined> = ({ document, added }, pen) => ({
    document: {
      ...document,
      configuration: upserted(CONFIGURATION, partsOf(document, CONFIGURATION), given, pen, { byId: false }).parts,
    },
    added: added.filter((key) => !given.some((row) => row['key'] === key)),
    result: undefined,
  })
  const { entry } = owner
    ? await editElement(context, caller, 'elements.update', keyOrId, upsert)
    : await editExtension(context, caller, element, upsert)
  return entry.element
}

/**
 * The stored parts with the given ones in their places, or behind them.
 * @param byId an id that is known here decides; otherwise what identifies a part of this kind
 * @returns also the id of each given part, in their order
 */
function upserted(
  kind: PartKind,
  stored: readonly Part[],
  given: readonly Part[],
  pen: Pen,
  { byId }: { byId: boolean },
): { parts: Part[]; ids: unknown[] } {
  const parts: Part[] = []
  const byIdentity = new Map<string, number>()
  const placeOfId = new Map<unknown, number>()
  const put = (part: Part, at: number) => {
    parts[at] = part
    if (!byIdentity.has(kind.identity(part))) byIdentity.set(kind.identity(part), at)
    placeOfId.set(part['id'], at)
  }
  stored.forEach(put)
  const ids = given.map((part) => {
    const known = (byId ? placeOfId.get(part['id']) : undefined) ?? byIdentity.get(kind.identity(part))
    const before = known === undefined ? undefined : parts[known]
    if (before && byIdentity.get(kind.identity(before)) === known) byIdentity.delete(kind.identity(before))
    const written = writePart(kind, { ...before, ...part }, before, pen)
    put(written, known ?? parts.length)
    return written['id']
  })
  return { parts, ids }
}

/** A row that says what the shipped element says already is nothing of the account's own. */
function isOther(element: Element, row: Part): boolean {
  const shipped = element.configuration.find(({ key }) => key === row['key'])
  if (!shipped) return true
  const [own, other] = [row, shipped as Part].map((it) => {
    const { id: _id, displayOrder: _order, ...members } = completePart(CONFIGURATION, it, { id: 0, accountId: 0 })
    return members
  })
  return !isDeepStrictEqual(own, other)
}

/**
 * `PUT /elements/{k}/models`: one model or several, with or without `id`; one that is not found by id or name is made
 * (spec 10 §2.2, 23 §C1).
 * @returns in the shape of the body
 */
export async function upsertModels(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  body: Part | readonly Part[],
): Promise<unknown> {
  const models = listOf(body)
  for (const model of models) checkPart(MODELS, model)
  const { entry, result } = await editParts(context, caller, keyOrId, ['models'], ({ document }, pen) => {
    const { parts, ids } = upserted(MODELS, partsOf(document, MODELS), models, pen, { byId: true })
    return { document: { ...document, models: parts }, result: ids }
  })
  const shown = new Map(partsOf(entry.element, MODELS).map((model) => [model['id'], model]))
  const saved = result.map((id) => shown.get(id))
  return Array.isArray(body) ? saved : saved[0]
}

/**
 * `PUT /elements/{k}/models/{id}/fields`: changes or adds fields, by id, then by name (spec 23 §C1).
 * @returns the model
 */
export async function upsertModelFields(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  modelId: string,
  body: Part | readonly Part[],
): Promise<Part> {
  const fields = listOf(body)
  for (const field of fields) checkPart(MODEL_FIELDS, field)
  await editParts(context, caller, keyOrId, ['models', modelId], ({ document }, pen) => {
    const models = [...partsOf(document, MODELS)]
    const at = models.findIndex((model) => String(model['id']) === modelId)
    const model = models[at]
    if (!model) throw new ValenceError('NOT_FOUND', `There is no model "${modelId}" here`)
    const member = Array.isArray(model['fields']) ? 'fields' : 'modelFields'
    models[at] = {
      ...model,
      [member]: upserted(MODEL_FIELDS, partsOf(model, { member }), fields, pen, { byId: true }).parts,
    }
    return { document: { ...document, models }, result: undefined }
  })
  return readPart(context, caller, keyOrId, ['models', modelId])
}

function listOf(body: Part | readonly Part[]): readonly Part[] {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (list.length > MAX_AT_ONCE) throw new ValenceError('BODY_INVALID', `At most ${MAX_AT_ONCE} at once`)
  return list.map((item) => {
    if (!isPart(item)) throw new ValenceError('BODY_INVALID', 'expected an object, or a list of objects')
    return item
  })
}
