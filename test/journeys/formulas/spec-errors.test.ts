import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import {
  type Formulas,
  filter,
  formulasOf,
  loop,
  platformRequest,
  type Run,
  script,
  visitOf,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** What went wrong: lists of it, who is told, and what is shown without logging (spec 32 §8.1, §8.3, §9). */
let hub: TestHub
let receiver: Receiver
let formulas: Formulas
let run: Run
beforeAll(async () => {
  receiver = await startReceiver()
  hub = await startTestHub({ VALENCE_EGRESS_ALLOW: '127.0.0.1' })
  formulas = formulasOf(hub)
  await formulas.warm()
  run = await formulas.run({
    steps: {
      no: filter('done(false)', undefined, 'each'),
      each: loop('[]', 'bad', 'bad'),
      bad: script("throw('first')", undefined, 'ask'),
      ask: platformRequest('GET /formulas/999999', {}, undefined, 'end'),
      end: script('done()'),
    },
  })
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (path: string): Promise<any> => expectOk(await formulas.call('GET', path)).body

describe('32 §8.1: lists of errors', () => {
  test('of an execution: failed steps with what went wrong; filters and loops at their end are none', async () => {
    const errors = await ok(`/formulas/instances/executions/${run.execution.id}/errors`)
    const visits = errors.map(visitOf)
    expect(visits.map(({ name }: { name: string }) => name).toSorted()).toEqual(['ask', 'bad'])
    for (const { status } of visits) expect(status).toBe('failed')
    const bad = visits.find(({ name }: { name: string }) => name === 'bad')
    expect(bad.values).toEqual({ 'bad.error': expect.stringContaining('first') })
    expect(JSON.stringify(visits)).toContain('999999')
  })

  test('of an instance: failed executions with their failed steps; pages, times', async () => {
    const path = `/formulas/instances/${run.instance.id}/executions/errors`
    const [first] = await ok(path)
    expect(first).toMatchObject({ id: run.execution.id, status: 'failed', createdDate: expect.any(String) })
    const names = first.stepExecutions.map(({ stepName }: { stepName: string }) => stepName)
    expect(names.toSorted()).toEqual(['ask', 'bad'])
    await formulas.runAgain(run)
    const page = expectOk(await formulas.call('GET', `${path}?pageSize=1`))
    expect(page.body).toHaveLength(1)
    const token = page.headers.get('elements-next-page-token')
    expect(token).toBeTruthy()
    const next = await ok(`${path}?pageSize=1&nextPage=${encodeURIComponent(token ?? '')}`)
    expect(next[0].id).not.toBe(page.body[0].id)
    const iso = (ms: number) => new Date(ms).toISOString()
    expect(await ok(`${path}?from=${iso(Date.now() - 60_000)}&to=${iso(Date.now() + 60_000)}`)).toHaveLength(2)
    expect(await ok(`${path}?from=${iso(Date.now() - 7_200_000)}&to=${iso(Date.now() - 3_600_000)}`)).toEqual([])
  })

  test('of a template: by instance, without those that have none', async () => {
    const fine = await formulas.bind(run.formula)
    const [one, ...others] = await ok(`/formulas/${run.formula.id}/instances/executions/errors`)
    expect(others.map(({ id }: { id: number }) => id)).not.toContain(fine.id)
    expect(one).toMatchObject({ id: run.instance.id, formula: { id: run.formula.id } })
    expect(one.executions.map(({ id }: { id: number }) => id)).toContain(run.execution.id)
  })

  test('nothing found is [], an unknown one 404', async () => {
    const good = await formulas.run({ steps: { a: script('done()') } })
    expect(await ok(`/formulas/instances/executions/${good.execution.id}/errors`)).toEqual([])
    expect(await ok(`/formulas/instances/${good.instance.id}/executions/errors`)).toEqual([])
    expect(await ok(`/formulas/${good.formula.id}/instances/executions/errors`)).toEqual([])
    expectError(await formulas.call('GET', '/formulas/instances/999999999/executions/errors'), 404)
    expectError(await formulas.call('GET', '/formulas/999999999/instances/executions/errors'), 404)
  })
})

describe('32 §8.3: who is told of a failed execution', () => {
  test('mail addresses and webhooks of the instance, each of the list; success is told to nobody', async () => {
    const [one, two] = [receiver.inbox(), receiver.inbox()]
    const settings = {
      'notification.email': 'ops@example.test, boss@example.test',
      'notification.webhook.url': `${one.url}/x, ${two.url}`,
    }
    const steps = { a: script("if (trigger.args.bad) throw('told to all')\ndone()") }
    const good = await formulas.run({ steps }, { instance: { settings } })
    expect(good.status).toBe('success')
    const bad = await formulas.runAgain(good, { bad: true })
    const [delivery] = await one.arrived(1)
    await two.arrived(1)
    expect(delivery).toMatchObject({ method: 'POST', url: expect.stringMatching(/\/x$/) })
    expect(delivery?.json).toMatchObject({
      formulaId: bad.formula.id,
      formulaInstanceId: bad.instance.id,
      formulaExecutionId: bad.execution.id,
      status: 'failed',
    })
    expect(JSON.stringify(delivery?.json.errors)).toContain('told to all')
    const mails = (await ok('/notifications/emails')).filter(({ to }: { to: string[] }) =>
      to.includes('ops@example.test'),
    )
    expect(mails).toHaveLength(1)
    expect(mails[0].to).toContain('boss@example.test')
    expect([one.received.length, two.received.length]).toEqual([1, 1])
  })
})

describe('32 §9: without debug logging', () => {
  test('executions run, their steps are not shown; what failed is', async () => {
    const good = await formulas.run({
      engine: 'v3',
      steps: {
        a: script('done({ x: 1 })', 'b'),
        b: script("if (trigger.args.bad) throw('still told')\ndone({ y: steps.a.x })"),
      },
      more: { debugLoggingEnabled: false },
    })
    expect(good.status).toBe('success')
    expect(JSON.stringify(good.visits)).not.toContain('a.x')
    expect(good.names).not.toContain('a')
    const bad = await formulas.runAgain(good, { bad: true })
    expect(bad.status).toBe('failed')
    const errors = (await ok(`/formulas/instances/executions/${bad.execution.id}/errors`)).map(visitOf)
    expect(errors).toMatchObject([{ name: 'b', values: { 'b.error': expect.stringContaining('still told') } }])
    expectOk(await formulas.call('PATCH', `/formulas/${good.formula.id}`, { debugLoggingEnabled: true }))
    expect((await formulas.runAgain(good)).names).toEqual(['trigger', 'a', 'b'])
  })

  test('a value of more than 4 MB is not kept, and can be used all the same', async () => {
    const big = await formulas.run({
      steps: {
        a: script("done({ big: 'x'.repeat(4 * 1024 * 1024 + 1), small: 1 })", 'b'),
        b: script('done({ size: steps.a.big.length })'),
      },
    })
    expect(big.status).toBe('success')
    expect(big.value('b.size')).toBe(String(4 * 1024 * 1024 + 1))
    expect(big.value('a.small')).toBe('1')
    expect(big.value('a.big') ?? '').not.toContain('xxx')
  })
})
