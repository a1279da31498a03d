import { postBulkElement } from './bulk-element.ts'
import { type BulkVendor, startBulkVendor } from './bulk-vendor.ts'
import { expectOk } from './expect-answer.ts'
import { type Formulas, formulasOf } from './formulas.ts'
import { startTestHub } from './hub.ts'

/** Formulas of a hub of their own, and an instance that their steps call. */
export interface CrmFormulas {
  formulas: Formulas
  crm: { id: number }
  /** whom it calls */
  vendor: BulkVendor
  close(): Promise<void>
}

export async function startCrmFormulas(): Promise<CrmFormulas> {
  const [vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  const formulas = formulasOf(hub)
  await formulas.warm()
  const key = await postBulkElement(hub, { key: 'rows', baseUrl: vendor.baseUrl })
  const body = { name: 'Rows', element: { key }, configuration: {} }
  const crm = expectOk(await hub.call('POST', '/instances', { body })).body
  return {
    ...{ formulas, crm, vendor },
    async close() {
      await hub.close()
      await vendor.close()
    },
  }
}
