import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formulaClock } from '../../../src/compose/formulas.ts'
import type { FormulaContext } from '../../../src/formulas/context.ts'
import { type FormulaTables, formulaDb, inFormulas } from '../../../src/formulas/formula-table.ts'
import { deactivateInstance } from '../../../src/formulas/instances/deactivate.ts'
import { settleInstances } from '../../../src/formulas/instances/settle.ts'
import { sweepExpired } from '../../../src/formulas/instances/sweep-expired.ts'
import { scheduleDb } from '../../../src/schedules/schedule-table.ts'
import { insertFormula, partsOf } from '../../support/formula-template.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'
import { whileLocked } from '../../support/while-locked.ts'

const CRON = '0 0/30 * 1/1 * ? *'
/** of a machine that is busy with other tests */
const POLL = { timeout: 15_000 }
const OTHER_CRON = '0 0 3 1/1 * ? *'

let hub: TestHub
let people: People
let formulas = 0
const clockAt = { now: new Date() }

beforeAll(async () => {
  hub = await startTestHub({ VALENCE_ROLE: 'api' })
  people = await meetPeople(hub)
})
afterAll(() => hub.close())

type Parts = Parameters<typeof partsOf>[0]
const scheduled = (cron = CRON): Parts => ({ trigger: { type: 'scheduled', properties: { cron } } })
const EVENT: Parts = {
  trigger: { type: 'event', properties: { elementInstanceId: '${config.crm}' } },
  variables: { crm: 'elementInstance' },
}

function makeFormula(parts: Parts, { active = true, by = people.first }: { active?: boolean; by?: Person } = {}) {
  const owner = { organizationId: by.organizationId, accountId: by.accountId, userId: by.id }
  return insertFormula(hub.hub.store, owner, { name: `formula ${++formulas}`, parts: partsOf(parts), active })
}

async function bind(formulaId: number, body: object = {}, by: Person = people.first): Promise<number> {
  const answer = await people.as(by)('POST', `/formulas/${formulaId}/instances`, { name: 'one', ...body })
  if (answer.status !== 200) throw new Error(`the instance was answered ${answer.status}: ${answer.text}`)
  return answer.body.id
}

const config = { scheduleMinutes: 15 } as Parameters<typeof formulaClock>[0]['config']
const contextOf = () => {
  const { store } = hub.hub
  const now = () => clockAt.now
  // nothing runs here, and nothing is sent
  return {
    store,
    now,
    log: pino({ level: 'silent' }),
    clock: formulaClock({ now, config }),
  } as unknown as FormulaContext
}

/** As whoever changes templates does it. */
async function change(formulaId: number, change: { active?: boolean; parts?: Parts }): Promise<void> {
  await hub.hub.store.changes.transaction(async (trx, publish) => {
    await update(inFormulas(trx), formulaId, change)
    await settleInstances(contextOf(), trx, publish, { formulaId })
  })
}

type Db = ReturnType<typeof inFormulas>
async function update(trx: Db, formulaId: number, { active, parts }: { active?: boolean; parts?: Parts }) {
  await trx
    .updateTable('formulas')
    .set({
      ...(active === undefined ? {} : { active }),
      ...(parts ? { parts: JSON.stringify(partsOf(parts)) as unknown as FormulaTables['formulas']['parts'] } : {}),
    })
    .where('id', '=', formulaId)
    .execute()
}

const jobsOf = async (formulaId: number, instanceId: number) => {
  const { body } = await hub.call('GET', '/jobs')
  return body.filter(({ description }: { description: string }) =>
    description.includes(`formula ${formulaId}, instance ${instanceId}`),
  )
}
const hasJob = async (formulaId: number, instanceId: number) => (await jobsOf(formulaId, instanceId)).length === 1
const triggersOf = (instanceId: number) =>
  formulaDb(hub.hub.store)
    .selectFrom('formula_triggers')
    .selectAll()
    .where('formula_instance_id', '=', instanceId)
    .execute()

describe('the job of a scheduled formula (spec 30 §3.5)', () => {
  test('an active instance of an active template has one', async () => {
    const formulaId = await makeFormula(scheduled())
    const id = await bind(formulaId)
    expect(await jobsOf(formulaId, id)).toMatchObject([
      {
        id: expect.any(String),
        disallowConcurrent: true,
        data: { topic: 'formula', elementKey: null, instanceId: null },
        trigger: { state: 'NORMAL', cron: CRON, timeZone: 'UTC', mayFireAgain: true },
      },
    ])
  })

  test('none of an inactive instance, and none of an inactive template', async () => {
    const formulaId = await makeFormula(scheduled())
    expect(await hasJob(formulaId, await bind(formulaId, { active: false }))).toBe(false)
    const inactive = await makeFormula(scheduled(), { active: false })
    expect(await hasJob(inactive, await bind(inactive))).toBe(false)
  })

  test('comes and goes with the instance, by its switch and by PUT', async () => {
    const formulaId = await makeFormula(scheduled())
    const id = await bind(formulaId)
    const path = `/formulas/${formulaId}/instances/${id}`
    for (const [method, at, body, isThere] of [
      ['DELETE', `${path}/active`, undefined, false],
      ['PUT', `${path}/active`, undefined, true],
      ['PUT', path, { active: false }, false],
      ['PUT', path, { active: true }, true],
      ['PUT', path, { name: 'other', configuration: { state: 1 } }, true],
      ['DELETE', path, undefined, false],
    ] as const) {
      expect((await hub.call(method, at, body ? { body } : {})).status).toBe(200)
      expect(await hasJob(formulaId, id), `${method} ${at} ${JSON.stringify(body)}`).toBe(isThere)
    }
  })

  test('comes and goes with the template: of all active instances', async () => {
    const formulaId = await makeFormula(scheduled())
    const [first, second, idle] = [
      await bind(formulaId),
      await bind(formulaId),
      await bind(formulaId, { active: false }),
    ]
    for (const [said, isThere] of [
      [{ active: false }, false],
      [{ active: true }, true],
      [{ parts: { trigger: { type: 'manual', properties: { cron: CRON } } } }, false],
      [{ parts: scheduled() }, true],
    ] as const) {
      await change(formulaId, said)
      expect([await hasJob(formulaId, first), await hasJob(formulaId, second)]).toEqual([isThere, isThere])
      expect(await hasJob(formulaId, idle)).toBe(false)
    }
    await change(formulaId, { parts: scheduled(OTHER_CRON) })
    expect(await jobsOf(formulaId, first)).toMatchObject([{ trigger: { cron: OTHER_CRON } }])
  })

  test('has the cron of the configuration', async () => {
    const formulaId = await makeFormula(scheduled('${config.cron}'))
    const id = await bind(formulaId, { configuration: { cron: CRON } })
    expect(await jobsOf(formulaId, id)).toMatchObject([{ trigger: { cron: CRON } }])
    const path = `/formulas/${formulaId}/instances/${id}`
    const put = (cron: string) => hub.call('PUT', path, { body: { configuration: { cron } } })
    expect((await put(OTHER_CRON)).status).toBe(200)
    expect(await jobsOf(formulaId, id)).toMatchObject([{ trigger: { cron: OTHER_CRON } }])
    expect((await put('0/5 * * 1/1 * ? *')).status).toBe(400)
    expect(await jobsOf(formulaId, id)).toMatchObject([{ trigger: { cron: OTHER_CRON } }])
  })

  test('a template that is changed to what no configuration has leaves its instances readable, and without a job', async () => {
    const formulaId = await makeFormula(scheduled())
    const id = await bind(formulaId, { configuration: { old: 'value' } })
    await change(formulaId, {
      parts: { ...scheduled('${config.cron}'), variables: { cron: 'value', crm: 'elementInstance' } },
    })
    expect(await hasJob(formulaId, id)).toBe(false)
    const path = `/formulas/${formulaId}/instances/${id}`
    expect((await hub.call('GET', path)).body).toMatchObject({ configuration: { old: 'value' } })
    expect((await hub.call('PUT', path, { body: { configuration: { state: 'x' } } })).status).toBe(200)
    await change(formulaId, { parts: scheduled('no cron at all') })
    expect(await hasJob(formulaId, id)).toBe(false)
  })

  test('is not rescheduled; deleted, it comes back when the instance is made active again, and not before', async () => {
    const formulaId = await makeFormula(scheduled())
    const id = await bind(formulaId)
    const path = `/formulas/${formulaId}/instances/${id}`
    const [job] = await jobsOf(formulaId, id)
    const trigger = { cron: OTHER_CRON }
    expect(await hub.call('PATCH', `/jobs/${job.id}/reschedule`, { body: { trigger } })).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining(`formula ${formulaId}, instance ${id}`) },
    })
    expect((await hub.call('PUT', `/jobs/${job.id}/disable`)).status).toBe(200)
    expect((await hub.call('PUT', `/jobs/${job.id}/enable`)).status).toBe(200)
    expect((await hub.call('DELETE', `/jobs/${job.id}`)).status).toBe(200)
    await hub.call('PUT', path, { body: { configuration: { state: 'next' } } })
    await change(formulaId, { parts: scheduled() })
    expect(await hasJob(formulaId, id)).toBe(false)
    expect((await hub.call('GET', path)).body.active).toBe(true)
    await hub.call('DELETE', `${path}/active`)
    await hub.call('PUT', `${path}/active`)
    expect(await hasJob(formulaId, id)).toBe(true)
  })
})

describe('owners', () => {
  async function owned(name: string) {
    const { id: accountId } = await people.addAccount(people.first, name)
    const user = await people.addUser(people.first, accountId)
    const formulaId = await makeFormula(scheduled())
    const id = await bind(formulaId, {}, user)
    const rows = () =>
      scheduleDb(hub.hub.store)
        .selectFrom('schedules')
        .selectAll()
        .where('kind', '=', 'formula')
        .where('reference', '=', String(id))
        .execute()
    expect(await rows()).toHaveLength(1)
    const read = () => hub.call('GET', `/formulas/${formulaId}/instances/${id}`)
    return { accountId, user, formulaId, id, rows, read }
  }

  test('of a user who is deactivated, the job is gone and the instance stays; the next change after he is back brings it back', async () => {
    const { accountId, user, formulaId, id, rows, read } = await owned('away')
    const path = `/accounts/${accountId}/users/${user.id}`
    expect((await hub.call('PATCH', path, { body: { active: false } })).status).toBe(200)
    expect(await rows()).toEqual([])
    await change(formulaId, { parts: scheduled() })
    expect(await rows()).toEqual([])
    expect((await read()).body).toMatchObject({ id, active: true })
    expect((await hub.call('PATCH', path, { body: { active: true } })).status).toBe(200)
    await change(formulaId, { parts: scheduled() })
    expect(await rows()).toHaveLength(1)
  })

  test('of a user who is deleted, both are gone', async () => {
    const { accountId, user, rows, read } = await owned('gone')
    expect((await hub.call('DELETE', `/accounts/${accountId}/users/${user.id}`)).status).toBe(200)
    expect(await rows()).toEqual([])
    expect((await read()).status).toBe(404)
  })

  test('of an account that is closed for a while, the jobs; of one that is deleted, the instances', async () => {
    const { accountId, rows, read } = await owned('closed')
    expect((await hub.call('PATCH', `/accounts/${accountId}`, { body: { active: false } })).status).toBe(200)
    expect(await rows()).toEqual([])
    expect((await read()).status).toBe(200)
    expect((await hub.call('DELETE', `/accounts/${accountId}`)).status).toBe(200)
    expect((await read()).status).toBe(404)
  })
})

describe('what instances listen to', () => {
  test('an element instance, as long as both are active', async () => {
    const crm = await hub.provisionBase()
    const formulaId = await makeFormula(EVENT)
    const id = await bind(formulaId, { configuration: { crm: crm.id } })
    const listening = [{ type: 'event', element_instance_id: crm.id, number: 0, method: null, path: null }]
    expect(await triggersOf(id)).toMatchObject(listening)
    const path = `/formulas/${formulaId}/instances/${id}`
    await hub.call('DELETE', `${path}/active`)
    expect(await triggersOf(id)).toEqual([])
    await hub.call('PUT', `${path}/active`)
    expect(await triggersOf(id)).toMatchObject(listening)
    await change(formulaId, { active: false })
    expect(await triggersOf(id)).toEqual([])
    await change(formulaId, { active: true })
    expect(await triggersOf(id)).toMatchObject(listening)

    const other = await hub.provisionBase()
    await hub.call('PUT', path, { body: { configuration: { crm: other.id } } })
    expect(await triggersOf(id)).toMatchObject([{ element_instance_id: other.id }])
  })

  test('requests, by method and path below the hub', async () => {
    const crm = await hub.provisionBase()
    const properties = { elementInstanceId: '${crm}', method: 'post', api: 'hubs/crm/${config.object}/{id}?a=1' }
    const formulaId = await makeFormula({
      trigger: { type: 'elementRequest', properties },
      variables: { crm: 'elementInstance', object: 'value' },
    })
    const id = await bind(formulaId, { configuration: { crm: String(crm.id), object: 'leads' } })
    expect(await triggersOf(id)).toMatchObject([
      { type: 'elementRequest', element_instance_id: crm.id, method: 'POST', path: '/leads/{id}' },
    ])
  })

  test('a deleted element instance is not listened to; the formula instance stays, and can still be changed', async () => {
    const crm = await hub.provisionBase()
    const formulaId = await makeFormula(EVENT)
    const id = await bind(formulaId, { configuration: { crm: crm.id } })
    expect((await hub.call('DELETE', `/instances/${crm.id}`)).status).toBe(200)
    expect(await triggersOf(id)).toEqual([])
    const path = `/formulas/${formulaId}/instances/${id}`
    expect((await hub.call('GET', path)).body).toMatchObject({ configuration: { crm: String(crm.id) }, active: true })
    expect((await hub.call('PUT', path, { body: { configuration: { state: '2' } } })).status).toBe(200)
    await change(formulaId, { parts: EVENT })
    expect(await triggersOf(id)).toEqual([])
    expect(await hub.call('PUT', path, { body: { configuration: { crm: `${crm.id} ` } } })).toMatchObject({
      status: 400,
    })
  })
})

describe('at once', () => {
  const wanted = { type: 'event' as const }

  test.each([
    ['the template is first', true],
    ['the instance is first', false],
  ])('a change of the template and one of its instance leave what both say: %s', async (_name, templateIsFirst) => {
    const [crm, other] = [await hub.provisionBase(), await hub.provisionBase()]
    const both = { variables: { crm: 'elementInstance', other: 'elementInstance' } } as const
    const formulaId = await makeFormula({ ...both, trigger: { type: 'manual' } })
    const id = await bind(formulaId, { configuration: { crm: crm.id, other: crm.id } })
    const { store } = hub.hub
    const parts = { ...both, trigger: { type: 'event', properties: { elementInstanceId: '${config.other}' } } }
    const changed = Promise.withResolvers<void>()
    const template = (before: Promise<unknown>) =>
      store.changes.transaction(async (trx, publish) => {
        await update(inFormulas(trx), formulaId, { parts })
        changed.resolve()
        await before
        await settleInstances(contextOf(), trx, publish, { formulaId })
      })
    const instance = () =>
      hub.call('PUT', `/formulas/${formulaId}/instances/${id}`, { body: { configuration: { other: other.id } } })

    if (templateIsFirst) {
      const turn = Promise.withResolvers<void>()
      const first = template(turn.promise)
      await changed.promise
      const second = instance()
      await expect.poll(waiting, POLL).toBe(1)
      turn.resolve()
      await first
      expect((await second).status).toBe(200)
    } else {
      // the change of the instance has its formula, and waits for its own row; the template waits for the formula
      await whileLocked(hub, sql`select id from formula_instances where id = ${id} for update`, async (waitingAre) => {
        const first = instance()
        await waitingAre(1)
        const second = template(Promise.resolve())
        await waitingAre(2)
        return [first, second] as const
      }).then((both) => Promise.all(both))
    }
    expect(await triggersOf(id)).toMatchObject([{ ...wanted, element_instance_id: other.id }])
  })

  test('many switches of instances and of their template end without a deadlock, as the last ones say', {
    timeout: 30_000,
  }, async () => {
    const formulaId = await makeFormula(scheduled())
    const instances = await Promise.all([1, 2, 3, 4].map(() => bind(formulaId)))
    const switches = instances.flatMap((id) =>
      [false, true, false, true].map((isOn) => () => {
        const path = `/formulas/${formulaId}/instances/${id}/active`
        return hub.call(isOn ? 'PUT' : 'DELETE', path).then(({ status }) => expect(status).toBe(200))
      }),
    )
    const templates = [false, true, false, true].map((active) => () => change(formulaId, { active }))
    await Promise.all([...switches, ...templates].map((work) => work()))
    await change(formulaId, { active: true })
    for (const id of instances) {
      const { body } = await hub.call('GET', `/formulas/instances/${id}`)
      expect(await hasJob(formulaId, id)).toBe(body.active)
    }
  })

  async function waiting(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(hub.hub.store.db)
    return rows[0]?.count ?? 0
  }
})

describe('what runs (no process works at it here)', () => {
  async function running() {
    const formulaId = await makeFormula({})
    const id = await bind(formulaId)
    const start = async () => (await hub.call('POST', `/formulas/instances/${id}/executions`, { body: {} })).body[0].id
    const [first, second] = [await start(), await start()]
    const statusOf = async (executionId: number) =>
      (await hub.call('GET', `/formulas/instances/executions/${executionId}`)).body.status
    expect([await statusOf(first), await statusOf(second)]).toEqual(['pending', 'pending'])
    return { formulaId, id, first, second, statusOf, path: `/formulas/${formulaId}/instances/${id}` }
  }

  test.each([
    ['switched off', 'DELETE', '/active', undefined],
    ['switched off by a change', 'PUT', '', { active: false }],
    ['deleted', 'DELETE', '', undefined],
  ] as const)('of an instance that is %s, is cancelled', async (_name, method, at, body) => {
    const { path, first, second, statusOf } = await running()
    expect((await hub.call(method, path + at, body ? { body } : {})).status).toBe(200)
    expect([await statusOf(first), await statusOf(second)]).toEqual(['cancelled', 'cancelled'])
  })

  test('by an execution of its own: that one comes to its own end', async () => {
    const { path, first, second, statusOf } = await running()
    const headers = { 'Elements-Formula-Execution-Id': String(first) }
    expect((await hub.call('DELETE', `${path}/active`, { headers })).status).toBe(200)
    expect([await statusOf(first), await statusOf(second)]).toEqual(['pending', 'cancelled'])
  })

  test('goes on when the instance is changed otherwise', async () => {
    const { path, first, statusOf } = await running()
    await hub.call('PUT', path, { body: { configuration: { state: 'next' }, active: true } })
    expect(await statusOf(first)).toBe('pending')
  })

  test('of a template that is switched off, is cancelled', async () => {
    const { formulaId, first, second, statusOf } = await running()
    expect((await hub.call('PATCH', `/formulas/${formulaId}`, { body: { active: false } })).status).toBe(200)
    expect([await statusOf(first), await statusOf(second)]).toEqual(['cancelled', 'cancelled'])
  })

  test('an instance that fails and fails is switched off by the hub: it listens to nothing, and has no job', async () => {
    const crm = await hub.provisionBase()
    const both = [await bind(await makeFormula(EVENT), { configuration: { crm: crm.id } })]
    const formulaId = await makeFormula(scheduled())
    both.push(await bind(formulaId))
    for (const id of both)
      await hub.hub.store.changes.transaction((trx, publish) => deactivateInstance(contextOf(), trx, publish, id))
    for (const id of both)
      expect((await hub.call('GET', `/formulas/instances/${id}`)).body).toMatchObject({ active: false })
    expect(await triggersOf(both[0] as number)).toEqual([])
    expect(await hasJob(formulaId, both[1] as number)).toBe(false)
    await hub.call('PUT', `/formulas/${formulaId}/instances/${both[1]}/active`)
    expect(await hasJob(formulaId, both[1] as number)).toBe(true)
  })
})

test('an instance with a time to live is deleted when it is over', async () => {
  const formulaId = await makeFormula(scheduled())
  const settings = { 'formula.instance.time.to.live': 3_600 }
  const [short, kept] = [await bind(formulaId, { settings }), await bind(formulaId)]
  const saved = await bind(formulaId, { settings })
  const path = `/formulas/${formulaId}/instances/${saved}`
  await hub.call('PUT', path, { body: { settings: { 'formula.instance.time.to.live': null } } })
  clockAt.now = new Date(Date.now() + 3_599_000)
  expect(await sweepExpired(contextOf())).toBe(0)
  clockAt.now = new Date(Date.now() + 3_601_000)
  expect(await sweepExpired(contextOf())).toBe(1)
  expect((await hub.call('GET', `/formulas/instances/${short}`)).status).toBe(404)
  expect(await hasJob(formulaId, short)).toBe(false)
  for (const id of [kept, saved]) expect((await hub.call('GET', `/formulas/instances/${id}`)).status).toBe(200)
})

test('an instance that cannot be deleted at the end of its time to live keeps no other one', async () => {
  const formulaId = await makeFormula(scheduled())
  const settings = { 'formula.instance.time.to.live': 3_600 }
  const [damaged, fine] = [await bind(formulaId, { settings }), await bind(formulaId, { settings })]
  const db = formulaDb(hub.hub.store)
  await db.updateTable('formula_instances').set({ sealed: 'damaged' }).where('id', '=', damaged).execute()
  clockAt.now = new Date(Date.now() + 3_601_000)
  expect(await sweepExpired(contextOf())).toBe(1)
  const left = db.selectFrom('formula_instances').select('id').where('id', 'in', [damaged, fine])
  expect(await left.execute()).toEqual([{ id: damaged }])
  await db.deleteFrom('formula_instances').where('id', '=', damaged).execute()
})

test('instances that were made are counted, deleted ones as well', async () => {
  const count = async (from: string) =>
    (await hub.call('GET', `/usage/analytics/activity/formula-instances/created-count?from=${from}&to=${to}`)).body
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const to = new Date(Date.now() + 3_600_000).toISOString()
  const before = (await count(from)).instancesCreatedCount
  const formulaId = await makeFormula(scheduled())
  await hub.call('DELETE', `/formulas/instances/${await bind(formulaId)}`)
  await bind(formulaId)
  expect(await count(from)).toEqual({ instancesCreatedCount: before + 2 })
})

test('changes are in the audit log, without values', async () => {
  const formulaId = await makeFormula(scheduled())
  const id = await bind(formulaId, { configuration: { word: 'marzipan-17' } })
  const path = `/formulas/${formulaId}/instances/${id}`
  await hub.call('PUT', path, { body: { name: 'renamed', configuration: { word: 'marzipan-18' } } })
  await hub.call('DELETE', `${path}/active`)
  await hub.call('DELETE', path)
  const { body, text } = await hub.call('GET', '/audit-logs/formula-instances')
  const own = body.filter(({ entity_id }: { entity_id: unknown }) => entity_id === String(id))
  expect(own.map(({ action }: { action: string }) => action).toSorted()).toEqual([
    'create',
    'deactivate',
    'delete',
    'update',
  ])
  expect(text).not.toContain('marzipan')
  expect(text).toContain('renamed')
})
