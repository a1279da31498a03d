import type { ObjectMetadata } from '../elements/field-metadata.ts'
import type { Caller } from '../model/account.ts'
import type { CallInstance } from './call.ts'
import { fieldsIn } from './discover-fields.ts'
import type { Instance } from './instance.ts'

/**
 * Fields of one object of an instance, as `GET /objects/{objectName}/metadata` answers them: of a common resource what is
 * mapped, else what the element's own resource or its document says, with custom fields asked of the vendor.
 *
 * @param context `call`: the way of every resource call of an instance
 * @throws ValenceError OBJECT_NOT_FOUND (404); VENDOR_FAILED and the like when the vendor was asked
 */
export async function objectMetadata(
  { call }: { call: CallInstance },
  caller: Caller,
  instance: Instance,
  objectName: string,
  { customFieldsOnly = false }: { customFieldsOnly?: boolean } = {},
): Promise<ObjectMetadata> {
  const reply = await call(caller, instance, {
    method: 'GET',
    path: `/objects/${encodeURIComponent(objectName)}/metadata`,
    query: customFieldsOnly ? { customFieldsOnly: 'true' } : {},
    headers: {},
    body: undefined,
  })
  return { fields: fieldsIn(reply, objectName) }
}
