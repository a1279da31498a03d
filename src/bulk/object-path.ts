import { type ElementObject, findObject } from '../elements/element-objects.ts'
import { pathBelowHub } from '../engine/resource-types.ts'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { Mapping } from '../transform/mapping.ts'
import type { BulkContext } from './context.ts'

/** What a caller names in a bulk call, as the element has it. */
export interface BulkObject {
  /** of the list, below the hub, percent-encoded: `/contacts`; items are below it */
  path: string
  /** what the element says of it, where it does */
  declared: ElementObject | undefined
  /** where the name is one of a common resource */
  mapping: Mapping | undefined
}

/** Kinds of bulk calls, each with a switch of its own per object (spec 22 §12). */
export type BulkCall = 'query' | 'download' | 'upload'

/**
 * The object of a bulk call by its name, as a resource call finds it (spec 10 §6.2): a common resource, a resource, a native object that the
 * element's `/{objectName}` reaches; and, since names of files and statements come from people, by other spellings and the vendor's name.
 * Segments of a nested list may stand in it: `lists/7/contacts`.
 *
 * One that is declared, but that no resource lists or takes, is found: its job says so when it ends (spec 22 §5).
 *
 * @param mapping of that name, if it is a common resource
 * @throws ValenceError OBJECT_NOT_FOUND: the element has nothing by that name (spec 22 §13, 21 §1.2: 404)
 */
export function bulkObject({ plan }: Instance, objectName: string, mapping: Mapping | undefined): BulkObject {
  const { element } = plan
  const own = `/${objectName.split('/').filter(Boolean).map(encodeURIComponent).join('/')}`
  const declared = findObject(element, mapping?.vendorName ?? objectName)
  if (mapping || (own !== '/' && answers(plan, own))) return { path: own, declared, mapping }
  if (!declared) {
    throw new ValenceError(
      'OBJECT_NOT_FOUND',
      `${element.name} has no object "${objectName.slice(0, 200)}"; GET /objects lists what it has`,
    )
  }
  return { path: listPath(declared) ?? `/${encodeURIComponent(declared.name)}`, declared, mapping }
}

/** The same, in the words of this caller. @throws ValenceError OBJECT_NOT_FOUND */
export async function findBulkObject(
  context: Pick<BulkContext, 'mappingOf'>,
  caller: Caller,
  instance: Instance,
  objectName: string,
): Promise<BulkObject> {
  return bulkObject(instance, objectName, await context.mappingOf(caller, instance, objectName))
}

/**
 * Bulk calls work wherever the element has the resources, unless the object says no. What the element as a whole says only decides what
 * documents show: most elements carry `false` there.
 *
 * @throws ValenceError PARAMETER_INVALID
 */
export function assertBulkEnabled(objectName: string, { declared }: BulkObject, call: BulkCall): void {
  // the first flag that is said counts: the two generations of downloads are one here
  const flags = {
    query: ['bulkDownloadEnabled', 'hulkDownloadEnabled'],
    download: ['hulkDownloadEnabled', 'bulkDownloadEnabled'],
    // the newer generation never had an upload, and its flag is false everywhere
    upload: ['bulkUploadEnabled'],
  }[call]
  for (const part of declared?.declared ?? []) {
    const said = flags.find((flag) => typeof part[flag] === 'boolean')
    if (said === undefined || part[said] !== false) continue
    const direction = call === 'upload' ? 'uploads' : 'downloads'
    throw new ValenceError(
      'PARAMETER_INVALID',
      `${objectName}: bulk ${direction} of this object are switched off by its element ("${said}": false)`,
    )
  }
}

function answers({ resources }: Instance['plan'], path: string): boolean {
  return resources.methodsOf(path).length > 0 || resources.methodsOf(`${path}/0`).length > 0
}

/** A list below another one needs the id of its parent, which nobody named. */
function listPath({ resources }: ElementObject): string | undefined {
  return resources.map(({ path }) => pathBelowHub(path)).find((path) => /^\/[^/{}]+$/.test(path))
}
