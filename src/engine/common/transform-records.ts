import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { visitsOfRecord } from '../../transform/bounded-work.ts'
import { createJsonSize } from '../../transform/json-size.ts'
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
 * script runs once, for all of them. Where mapping takes long, others have their turn between two records.
 *
 * @throws ValenceError TRANSFORMED_TOO_LARGE
 */
export function transformBody(body: unknown, transformation: Transformation): unknown {
  if (Array.isArray(body)) return transformList(body, transformation)
  if (!isObject(body)) return body
  const list = transformList([body], transformation)
  return list instanceof Promise ? list.then(([only]) => only) : list[0]
}

function transformList(list: readonly unknown[], transformation: Transformation): unknown[] | Promise<unknown[]> {
  const mapped = mapList(list, transformation)
  if (mapped instanceof Promise) return mapped.then((all) => runOn(list, all, transformation))
  return runOn(list, mapped, transformation)
}

/** Of a body, as text: several times what a vendor's may have (`read-reply.ts`). */
const MAX_CHARS = 48 * 1024 * 1024
/** Elements of lists that fields visit in all records of a body. */
const MAX_VISITS = 5_000_000
/** well below the 50 ms that nobody else should have to wait */
const SLICE_MS = 8

/** No promise where it is over at once. */
function mapList(list: readonly unknown[], transformation: Transformation): unknown[] | Promise<unknown[]> {
  const { mapping, direction, keepsNulls } = transformation
  const size = createJsonSize(MAX_CHARS)
  const mapped: unknown[] = []
  let visits = 0
  /** @returns whether all are mapped */
  const mapSlice = (): boolean => {
    const until = performance.now() + SLICE_MS
    while (mapped.length < list.length) {
      const result = mapping[direction](list[mapped.length], keepsNulls)
      size.add(result)
      visits += visitsOfRecord()
      if (size.isPastMax()) throw tooLarge(transformation, `${MAX_CHARS} characters`)
      if (visits > MAX_VISITS) throw tooLarge(transformation, `${MAX_VISITS} visits of elements of lists`)
      mapped.push(result)
      if (performance.now() >= until) return mapped.length === list.length
    }
    return true
  }
  const inSlices = async (): Promise<unknown[]> => {
    do await new Promise(setImmediate)
    while (!mapSlice())
    return mapped
  }
  return mapSlice() ? mapped : inSlices()
}

function tooLarge({ mapping: { objectName }, direction }: Transformation, limit: string): ValenceError {
  const what = direction === 'fromVendor' ? 'what the vendor answered' : 'the body'
  return new ValenceError(
    'TRANSFORMED_TOO_LARGE',
    `The transformation of the common resource "${objectName}" makes more of ${what} than ${limit}; map fewer fields from the same lists, or ask for fewer records`,
  )
}

function runOn(
  list: readonly unknown[],
  mapped: unknown[],
  { mapping, direction, runScript }: Transformation,
): unknown[] | Promise<unknown[]> {
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
