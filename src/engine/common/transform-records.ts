import { isObject } from '../../model/is-object.ts'
import type { Mapping } from '../../transform/mapping.ts'
import type { RunMappingScript } from './run-mapping-script.ts'

/** Objects of a body and how they go through a mapping. */
export interface Transformation {
  mapping: Mapping
  direction: 'fromVendor' | 'toVendor'
  /** nulls of mapped fields stay (`filter.response.nulls` is false) */
  keepsNulls: boolean
  runScript: RunMappingScript
}

/**
 * A body in the names of the other side: a list element by element, an object as one; all else comes back as it is (spec 20 §11). The
 * script runs once, for all of them.
 */
export function transformBody(body: unknown, transformation: Transformation): unknown {
  if (Array.isArray(body)) return transformList(body, transformation)
  if (!isObject(body)) return body
  const list = transformList([body], transformation)
  return list instanceof Promise ? list.then(([only]) => only) : list[0]
}

function transformList(list: readonly unknown[], transformation: Transformation): unknown[] | Promise<unknown[]> {
  const { mapping, direction, keepsNulls, runScript } = transformation
  const mapped = list.map((record) => mapping[direction](record, keepsNulls))
  if (!mapping.script) return mapped
  const records = list.flatMap((originalObject, at) =>
    isObject(originalObject) ? [{ originalObject, transformedObject: mapped[at] }] : [],
  )
  return runScript(mapping, direction, records).then((results) => {
    let next = 0
    return mapped.map((object, at) => (isObject(list[at]) ? results[next++] : object))
  })
}

/** Without the objects that a script left empty, where it says so (`filterEmptyResponse`). */
export function withoutEmpty(body: unknown, { script }: Pick<Mapping, 'script'>): unknown {
  if (!script?.filterEmptyResponse || !Array.isArray(body)) return body
  return body.filter((record) => !isObject(record) || Object.values(record).some((member) => member !== undefined))
}
