import { ValenceError } from '../../errors.ts'
import type { ConfigurationEntry, MappingScript } from '../../model/common-resource.ts'
import { isObject } from '../../model/is-object.ts'
import { LIMITS } from '../limits.ts'
import { type Body, readList, readObject, readSwitch, readText } from '../read-body.ts'
import { readConfiguration, readMapping, readScript } from '../read-transformation.ts'
import type { StoredResource } from '../stored-resource.ts'
import type { MappingInput } from '../write-transformation.ts'
import { type LevelPart, readLevelPart } from './choose-level.ts'
import { readId } from './read-vdr.ts'

type Placed<T> = T & { part: LevelPart }

/** A transformation as clients send it, each part with where it belongs. What is undefined was not spoken of. */
export interface TransformationInput {
  vendorName: string | undefined
  isLegacy: boolean | undefined
  configuration: Placed<{ entry: ConfigurationEntry }>[] | undefined
  fields: Placed<{ field: MappingInput }>[] | undefined
  scripts: Placed<{ script: MappingScript | undefined }>[] | undefined
  /** whether `scripts` are all that there are, or one of several */
  hasAllScripts: boolean
}

/**
 * @param defined what a `vdrFieldId` without `path` may mean (spec 20 §6.1)
 * @throws ValenceError BODY_INVALID naming the member
 */
export function readVdrTransformation(body: Body, defined: Pick<StoredResource, 'definitions'>): TransformationInput {
  const paths = new Map(defined.definitions.flatMap(({ fields }) => fields.map(({ id, path }) => [id, path] as const)))
  return {
    vendorName: readText(body['vendorName'], 'vendorName', LIMITS.pathLength),
    isLegacy: readSwitch(body['isLegacy'], 'isLegacy'),
    configuration: body['configuration'] === undefined ? undefined : readEntries(body['configuration']),
    fields: body['fields'] === undefined || body['fields'] === null ? undefined : readFields(body['fields'], paths),
    ...readScripts(body),
  }
}

function readEntries(value: unknown): TransformationInput['configuration'] {
  // of all levels together
  return readList(value, 'configuration', LIMITS.configurations * 3).flatMap((item, index) => {
    const name = `configuration[${index}]`
    const part = readLevelPart(readObject(item, name), name)
    return readConfiguration([item], 'configuration').map((entry) => ({ entry, part }))
  })
}

function readFields(value: unknown, paths: ReadonlyMap<number, string>): TransformationInput['fields'] {
  return readList(value, 'fields', LIMITS.fields * 3).map((item, index) => {
    const name = `fields[${index}]`
    const given = readObject(item, name)
    const path = given['path'] ?? paths.get(Number(given['vdrFieldId']))
    if (path === undefined) {
      throw new ValenceError(
        'BODY_INVALID',
        `${name}: expected the path of a field, or the id of a defined one as vdrFieldId`,
      )
    }
    const field = { ...readMapping({ ...given, path }, name), ...readId(given['id']) }
    return { field, part: readLevelPart(given, name) }
  })
}

/** `scripts`, one per level, and `script`; of two for one level that with a body counts, `script` before the other (spec 20 §7). */
function readScripts(body: Body): Pick<TransformationInput, 'scripts' | 'hasAllScripts'> {
  const { script, scripts } = body
  if (script === undefined && scripts === undefined) return { scripts: undefined, hasAllScripts: false }
  const listed = readList(scripts, 'scripts', LIMITS.configurations).map(
    (item, index) => [item, `scripts[${index}]`] as const,
  )
  const all = [...listed, ...(isNothing(script) ? [] : [[script, 'script'] as const])]
  const placed = all.map(([item, name]) => ({
    script: readScript(item, name),
    part: readLevelPart(readObject(item, name), name),
  }))
  return { scripts: placed, hasAllScripts: Array.isArray(scripts) || script === null }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)
}
