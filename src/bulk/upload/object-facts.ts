import type { ElementObject } from '../../elements/element-objects.ts'
import type { FieldMetadata } from '../../elements/field-metadata.ts'
import { objectFields } from '../../elements/object-fields.ts'
import { textOf } from '../../elements/part-kinds.ts'
import { resolvePath } from '../../engine/common/resolve-path.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import { objectMetadata } from '../../instances/object-metadata.ts'
import type { Caller } from '../../model/account.ts'
import type { BulkContext } from '../context.ts'
import type { UploadRequest } from '../job-request.ts'
import { isFilteredHere, listResource } from '../list-resource.ts'
import { type BulkObject, findBulkObject } from '../object-path.ts'
import type { Turn } from '../turn.ts'
import { isNativeUpload } from './native/native-resources.ts'

/** What there is to know of an object before its rows are written. */
export interface ObjectFacts {
  /** of the list that takes the rows: `/contacts` */
  path: string
  /** how a record is changed */
  changeMethod: 'PATCH' | 'PUT'
  /** rows go through bulk jobs of the vendor */
  isNative: boolean
  /** members that hold the id of a record, the likeliest first */
  idNames: readonly string[]
  /** of fields, by path: texts of a CSV file become what these say; absent where the file has types of its own */
  types: ReadonlyMap<string, string> | undefined
}

type World = Pick<BulkContext, 'call' | 'mappingOf'>
type Owner = Pick<Turn, 'caller' | 'instance'>

/**
 * @throws ValenceError OBJECT_NOT_FOUND when the element has nothing by that name; RESOURCE_UNKNOWN when it has no resource for the action, or no
 * list to find records in; UNAVAILABLE
 */
export async function objectFacts(context: World, owner: Owner, request: UploadRequest): Promise<ObjectFacts> {
  const { objectName, format, action, identifierFieldName: identifier = '' } = request
  const object = await uploadObject(context, owner.caller, owner.instance, objectName, request.path)
  const { path } = object
  const isTyped = format === 'csv'
  const fields = isTyped || action !== 'create' ? await fieldsOf(context, owner, object, objectName) : []
  const idNames = idNamesOf(object, fields)
  const types = isTyped ? new Map(fields.map((field) => [field.path ?? field.vendorPath, field.type])) : undefined
  if (isNativeUpload(owner.instance.plan, object, request)) {
    return { path, types, idNames, changeMethod: 'PATCH', isNative: true }
  }
  const changeMethod = await methodFor(context, owner, path, action)
  if (action !== 'create' && !idNames.includes(identifier)) await assertSearchable(context, owner, path, identifier)
  return { path, changeMethod, idNames, types, isNative: false }
}

/**
 * @param path of the resource that takes the rows, where it is not the object's own: then the object may be one that nobody knows
 * @throws ValenceError OBJECT_NOT_FOUND
 */
export async function uploadObject(
  context: Pick<BulkContext, 'mappingOf'>,
  caller: Caller,
  instance: Instance,
  objectName: string,
  path: string | undefined,
): Promise<BulkObject> {
  try {
    const object = await findBulkObject(context, caller, instance, objectName)
    return path === undefined ? object : { ...object, path }
  } catch (error) {
    if (path === undefined || !(error instanceof ValenceError) || error.code !== 'OBJECT_NOT_FOUND') throw error
    return { path, declared: undefined, mapping: undefined }
  }
}

/** The field that the element declares as the key of an object, in the words of whoever names the object. */
export function primaryKeyOf({ declared, mapping }: BulkObject): string | undefined {
  const native = declared?.declared.map((part) => textOf(part, 'primaryKeyName')).find((name) => name)
  return mapping?.fields.find(({ vendorPath }) => vendorPath === native)?.path ?? native
}

async function methodFor(
  context: World,
  { caller, instance }: Owner,
  path: string,
  action: UploadRequest['action'],
): Promise<'PATCH' | 'PUT'> {
  const { plan } = instance
  const found = await resolvePath(plan, path, (name) => context.mappingOf(caller, instance, name))
  const list = found?.path ?? path
  const ofItems = plan.resources.methodsOf(`${list}/0`)
  const needed = { create: ['POST'], upsert: ['POST', 'change'], update: ['change'], delete: ['DELETE'] }[action]
  const has = (method: string) => {
    if (method === 'POST') return plan.resources.methodsOf(list).includes('POST')
    return method === 'DELETE' ? ofItems.includes('DELETE') : ofItems.includes('PATCH') || ofItems.includes('PUT')
  }
  const missing = needed.find((method) => !has(method))
  if (missing === undefined) return ofItems.includes('PATCH') ? 'PATCH' : 'PUT'
  const resource =
    missing === 'POST' ? `POST ${path}` : `${missing === 'change' ? 'PATCH or PUT' : missing} ${path}/{id}`
  throw new ValenceError(
    'RESOURCE_UNKNOWN',
    `${plan.element.name} has no ${resource}, which the action "${action}" needs`,
  )
}

async function assertSearchable(context: World, { caller, instance }: Owner, path: string, identifier: string) {
  const list = await listResource(context, caller, instance, path)
  if (list && !isFilteredHere(list)) return
  throw new ValenceError(
    'RESOURCE_UNKNOWN',
    `${instance.plan.element.name} lists ${path} without a "where": no record can be found by "${identifier}". Name the field with the id as identifierFieldName, or use the action "create"`,
  )
}

function idNamesOf(object: BulkObject, fields: readonly FieldMetadata[]): string[] {
  const native = [...(object.declared ? keysOf(object.declared) : []), 'id', 'Id', 'ID']
  // a common resource has names of its own for them
  const common = fields.filter(({ vendorPath }) => native.includes(vendorPath)).map(({ path }) => path)
  return [...new Set([primaryKeyOf(object), ...common, ...native])].filter((name) => name !== undefined)
}

/** What it declares; and `{contactId}` of `/contacts/{contactId}` is often a member of the record, too. */
function keysOf({ declared, resources }: ElementObject): string[] {
  const named = declared.flatMap((part) => textOf(part, 'primaryKeyName') ?? [])
  return [...named, ...resources.flatMap(({ path }) => /\{:?([^{}/]+)\}$/.exec(path)?.[1] ?? [])]
}

/** Instances are replaced when something about them changes; what the vendor said of one holds as long as it does. */
const KNOWN = new WeakMap<Instance, Map<string, readonly FieldMetadata[]>>()
const MOST_OBJECTS = 50

async function fieldsOf(
  context: World,
  { caller, instance }: Owner,
  { declared, mapping }: BulkObject,
  objectName: string,
): Promise<readonly FieldMetadata[]> {
  if (mapping) return mapping.fields
  const ofInstance = KNOWN.get(instance) ?? new Map<string, readonly FieldMetadata[]>()
  KNOWN.set(instance, ofInstance)
  const known = ofInstance.get(objectName)
  if (known) return known
  try {
    const { fields } = await objectMetadata(context, caller, instance, objectName)
    if (ofInstance.size < MOST_OBJECTS) ofInstance.set(objectName, fields)
    return fields
  } catch (error) {
    if (!(error instanceof ValenceError) || error.code === 'UNAVAILABLE') throw error
    // nobody describes it, or the vendor does not now: the element's document still may
    return declared ? objectFields(declared) : []
  }
}
