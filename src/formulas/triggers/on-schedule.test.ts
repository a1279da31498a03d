import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrganization } from '../../../test/journeys/people.ts'
import { openTestFormulas } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { startOnSchedule } from './on-schedule.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

async function scheduled() {
  const house = openTestFormulas(opened.store)
  const { organizationId, accountId } = await addOrganization(opened.store, `Clocks ${Math.random()}`)
  const { rows } = await sql<{ id: number }>`select id from users where account_id = ${accountId}`.execute(
    opened.store.db,
  )
  const trigger = { id: 99, name: 'trigger', type: 'scheduled' as const, async: true, onFailure: [], onSuccess: ['a'] }
  const formula = await house.addFormula({
    triggers: [{ ...trigger, properties: { cron: '0 0 * * * ?' } }],
    steps: [{ name: 'a', type: 'script' }],
  })
  const { id } = await house.addInstance(formula)
  await house.db
    .updateTable('formula_instances')
    .set({ organization_id: organizationId, account_id: accountId, user_id: rows[0]?.id as number })
    .where('id', '=', id)
    .execute()
  const started = () =>
    house.db.selectFrom('formula_executions').select('id').where('formula_instance_id', '=', id).execute()
  return { ...house, id, started }
}

test('a firing that several processes are at starts one execution', async () => {
  const { context, clock, id, started } = await scheduled()
  const all = await Promise.all(Array.from({ length: 6 }, () => startOnSchedule(context, id, clock.at)))
  expect(await started()).toHaveLength(1)
  expect(new Set(all.map(({ message }) => message)).size).toBe(1)
})

test('a firing that comes again starts nothing, also when the clock of this process is behind', async () => {
  const { context, clock, id, started } = await scheduled()
  const dueAt = new Date(clock.at.getTime() + 700)
  await startOnSchedule(context, id, dueAt)
  await startOnSchedule(context, id, dueAt)
  expect(await started()).toHaveLength(1)
  await startOnSchedule(context, id, new Date(dueAt.getTime() + 60_000))
  expect(await started()).toHaveLength(2)
})
