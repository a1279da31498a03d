import { isRowId } from '../../model/row-id.ts'
import { LIMITS } from '../limits.ts'
import { type Body, readList, readObject, readObjectName, readText } from '../read-body.ts'
import { readField } from '../read-definition.ts'
import type { FieldInput } from '../write-definition.ts'
import { type LevelPart, readLevelPart } from './choose-level.ts'

/** One field of a body, and where it belongs. */
export interface PlacedField {
  field: FieldInput
  part: LevelPart
}

export interface VdrInput {
  objectName: string | undefined
  description: string | undefined
  /** undefined: not spoken of */
  fields: PlacedField[] | undefined
}

/**
 * A VDR as clients send it (spec 20 §6.1). What is not spoken of stays as it is.
 * @throws ValenceError BODY_INVALID naming the member
 */
export function readVdr(body: Body): VdrInput {
  const name = body['objectName'] ?? body['name'] ?? undefined
  const description = body['description']
  return {
    objectName: name === undefined ? undefined : readObjectName(name, 'objectName'),
    description:
      description === undefined ? undefined : (readText(description, 'description', LIMITS.descriptionLength) ?? ''),
    fields: body['fields'] === undefined || body['fields'] === null ? undefined : readFields(body['fields']),
  }
}

function readFields(value: unknown): PlacedField[] {
  // of all levels together
  return readList(value, 'fields', LIMITS.fields * 3).map((item, index) => {
    const name = `fields[${index}]`
    const given = readObject(item, name)
    return { field: { ...readField(given, name), ...readId(given['id']) }, part: readLevelPart(given, name) }
  })
}

/** An id of a field that is here keeps it through a rename; whatever else stands there is somebody else's. */
export function readId(value: unknown): { id?: number } {
  return typeof value === 'number' && isRowId(value) ? { id: value } : {}
}

/** `instanceId`, or the only entry of `elementInstanceIds` (spec 20 §1.1). */
export function readInstanceId(body: Body): number | undefined {
  const ids = body['elementInstanceIds']
  const only = Array.isArray(ids) && ids.length === 1 ? ids[0] : undefined
  const id = Number(body['instanceId'] ?? body['elementInstanceId'] ?? only ?? Number.NaN)
  return isRowId(id) ? id : undefined
}
