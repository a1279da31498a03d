import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestFormulas } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { assertActive, findStartable } from './startable.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

test('an instance whose values cannot be read is not started, and keeps no other one from it', async () => {
  const { context, db, addFormula, addInstance } = openTestFormulas(opened.store)
  const formula = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const [damaged, fine] = [await addInstance(formula), await addInstance(formula, { configuration: { word: 'x' } })]
  await db.updateTable('formula_instances').set({ sealed: fine.sealed }).where('id', '=', damaged.id).execute()
  const [first, second] = await findStartable(context, db, sql`instance.formula_id = ${formula.id}`)
  expect(first?.inactive).toContain(`The values of formula instance ${damaged.id} cannot be read`)
  expect(() => assertActive(first ?? { inactive: undefined })).toThrow('cannot be read')
  // the owner of tests is in no table
  expect(second?.inactive).not.toContain('cannot be read')
  expect(second?.instance.values.configuration).toEqual({ word: 'x' })
})
