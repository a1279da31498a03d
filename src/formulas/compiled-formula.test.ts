import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestFormulas } from '../../test/support/formula-room.ts'
import { openTestStore } from '../../test/support/store.ts'
import { createCompiledFormulas } from './compiled-formula.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

test('many executions that begin at the same time read their formula once', async () => {
  const { db, addFormula } = openTestFormulas(opened.store)
  const { id } = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const formulas = createCompiledFormulas({ store: opened.store })
  const all = await Promise.all(Array.from({ length: 20 }, () => formulas.of(id, 1)))
  expect(new Set(all).size).toBe(1)
  expect(all[0]?.step('a')?.type).toBe('script')
  // and it stays known
  await db.deleteFrom('formula_revisions').where('formula_id', '=', id).execute()
  expect(await formulas.of(id, 1)).toBe(all[0])
})

test('a revision that is gone is not remembered as that', async () => {
  const { db, addFormula } = openTestFormulas(opened.store)
  const { id } = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const formulas = createCompiledFormulas({ store: opened.store })
  await expect(formulas.of(id, 2)).rejects.toMatchObject({ code: 'FORMULA_NOT_FOUND' })
  await db.updateTable('formula_revisions').set({ revision: 2 }).where('formula_id', '=', id).execute()
  expect((await formulas.of(id, 2)).revision).toBe(2)
})
