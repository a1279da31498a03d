import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import {
  type Formulas,
  filter,
  formulasOf,
  platformRequest,
  type Run,
  script,
  storyOf,
  visitOf,
} from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What an execution is, how it starts, and what one can read of it (spec 32 §1–5, scenarios 1 to 5, 14, 15, 17). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const ok = async (method: string, path: string, body?: unknown): Promise<any> =>
  expectOk(await formulas.call(method, path, body)).body
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

describe('32 §11: scripts', () => {
  test('scenario 1: done() is success and leaves no error; one console.log is a list of one', async () => {
    const run = await formulas.run({
      steps: { quiet: script('done()', 'loud'), loud: script("console.log('hi', { a: 1 })\ndone()") },
    })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'quiet:success', 'loud:success'])
    expect(run.visits[1]?.values).toEqual({})
    expect(Object.keys(run.visits[2]?.values ?? {})).toEqual(['loud.console'])
    expect(run.json('loud.console')).toHaveLength(1)
    expect(run.value('loud.console')).toContain('hi')
    expect(run.status).toBe('success')
  })

  test('scenario 2: three scripts hand an object on; ids that look like numbers stay texts', async () => {
    const run = await formulas.run(
      {
        steps: {
          one: script("done({ id: trigger.args.id, object: { some: 'new thing' }, flag: true, number: 1.50 })", 'two'),
          two: script('done({ id: steps.one.id, object: Object.assign({ more: [1] }, steps.one.object) })', 'three'),
          three: script('done({ id: steps.two.id, is: typeof steps.two.id, object: steps.two.object, none: null })'),
        },
      },
      { args: { id: '8000270E-1392053436', zip: '007' } },
    )
    expect(run.value('one.id')).toBe('8000270E-1392053436')
    expect(run.value('three.id')).toBe('8000270E-1392053436')
    expect(run.value('three.is')).toBe('string')
    expect(run.value('one.object')).toBe('{"some":"new thing"}')
    expect([run.value('one.flag'), run.value('one.number')]).toEqual(['true', '1.5'])
    expect(run.json('three.object')).toEqual({ more: [1], some: 'new thing' })
    expect(run.json('trigger.args')).toEqual({ id: '8000270E-1392053436', zip: '007' })
  })

  test('scenario 3: done(info)', async () => {
    const run = await formulas.run(
      { name: 'Informed', steps: { tell: script('done(info)') } },
      { instance: { name: 'Inst' } },
    )
    expect(run.value('tell.formulaName')).toBe('Informed')
    expect(run.value('tell.formulaInstanceName')).toBe('Inst')
    expect(run.value('tell.formulaId')).toBe(String(run.formula.id))
    expect(run.value('tell.formulaInstanceId')).toBe(String(run.instance.id))
    expect(run.value('tell.formulaExecutionId')).toBe(String(run.execution.id))
    expect(Number(run.value('tell.formulaStartTime'))).toBeGreaterThan(1_600_000_000_000)
  })

  test('scenario 4: a syntax error fails step and execution, in the words of the engine', async () => {
    const run = await formulas.run({ steps: { bad: script('this is no script') } })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'bad:failed'])
    expect(run.value('bad.error')).toContain('Unexpected identifier')
    expect(run.status).toBe('failed')
  })

  test('scenario 5: console.log, then throw, then onFailure: three steps, both values, failed', async () => {
    const run = await formulas.run({
      steps: {
        bad: script("console.log('before')\nthrow new Error('no luck')", undefined, 'mend'),
        mend: platformRequest('GET /elements?pageSize=1'),
      },
    })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'bad:failed', 'mend:success'])
    expect(run.value('bad.error')).toContain('no luck')
    expect(run.json('bad.console')).toHaveLength(1)
    expect(run.status).toBe('failed')
  })

  test('31 §4: 500 keys of 10 kB', async () => {
    const found = await formulas.run({
      steps: {
        a: script("const o = {}\nfor (let i = 0; i < 500; i++) o['key' + i] = 'x'.repeat(10000)\ndone(o)", 'b'),
        b: script('done({ keys: Object.keys(steps.a).length, size: steps.a.key499.length })'),
      },
    })
    expect(found.status).toBe('success')
    expect([found.value('b.keys'), found.value('b.size')]).toEqual(['500', '10000'])
  })
})

describe('32 §5: what makes an execution fail', () => {
  test('a filter that says no does not: its step is failed, the execution is not', async () => {
    const run = await formulas.run({
      steps: { no: filter('done(false)', 'never', 'other'), never: script('done()'), other: script('done()') },
    })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'no:failed', 'other:success'])
    expect(run.visits[1]?.values).toEqual({ 'no.continue': 'false' })
    expect(run.status).toBe('success')
  })

  test('a filter without an onFailure ends it; one that says yes goes on', async () => {
    const no = await formulas.run({ steps: { no: filter('done(false)', 'never'), never: script('done()') } })
    expect([storyOf(no.visits), no.status]).toEqual([['trigger:success', 'no:failed'], 'success'])
    const yes = await formulas.run({ steps: { yes: filter('done(true)', 'next'), next: script('done()') } })
    expect(storyOf(yes.visits)).toEqual(['trigger:success', 'yes:success', 'next:success'])
    expect(yes.value('yes.continue')).toBe('true')
  })

  test('an exception in a filter does, and goes to onFailure', async () => {
    const run = await formulas.run({
      steps: { bad: filter("throw('text')", undefined, 'next'), next: script('done()') },
    })
    expect([storyOf(run.visits), run.status]).toEqual([['trigger:success', 'bad:failed', 'next:success'], 'failed'])
    expect(run.value('bad.error')).toContain('text')
  })

  test('a trigger without a step is an execution of one', async () => {
    const run = await formulas.run({})
    expect([run.names, run.status]).toEqual([['trigger'], 'success'])
  })

  test('32 §5: trigger and one script are 2', async () => {
    expect((await formulas.run({ steps: { a: script('done()') } })).visits).toHaveLength(2)
  })

  test('several names are run one after the other', async () => {
    const a = { ...script('done({ n: 1 })'), onSuccess: ['b', 'c'] }
    const run = await formulas.run({
      steps: { a, b: script('done({ n: 2 })'), c: script('done({ n: steps.b.n + 1 })') },
    })
    expect(run.names).toEqual(['trigger', 'a', 'b', 'c'])
    expect(run.value('c.n')).toBe('3')
  })
})

describe('32 §1–3: what one can read', () => {
  let run: Run
  beforeAll(async () => {
    run = await formulas.run(
      { steps: { a: script('done({ x: 1 })', 'b'), b: script('done({ y: [1, { z: null }] })') } },
      { args: { any: ['JSON', { object: true }] } },
    )
  })

  test('an execution, by both paths', async () => {
    const { id, execution, instance, formula } = { ...run, id: run.execution.id }
    expect(execution).toMatchObject({
      id: expect.any(Number),
      formulaInstanceId: instance.id,
      status: 'success',
      createdDate: expect.stringMatching(ISO),
      updatedDate: expect.stringMatching(ISO),
    })
    expect(execution.stepExecutions.map((one: { stepName: string }) => one.stepName)).toEqual(['trigger', 'a', 'b'])
    for (const one of execution.stepExecutions) expect(one).not.toHaveProperty('stepExecutionValues')
    const long = `/formulas/${formula.id}/instances/${instance.id}/executions/${id}`
    expect(await ok('GET', long)).toEqual(execution)
  })

  test('lists have no steps, newest first, by both paths', async () => {
    const again = await formulas.runAgain(run)
    const list = await ok('GET', `/formulas/instances/${run.instance.id}/executions`)
    expect(list.map(({ id }: { id: number }) => id)).toEqual([again.execution.id, run.execution.id])
    for (const one of list) expect(one).not.toHaveProperty('stepExecutions')
    expect(await ok('GET', `/formulas/${run.formula.id}/instances/${run.instance.id}/executions`)).toEqual(list)
    const ids = (await ok('GET', '/formulas/instances/executions')).map(({ id }: { id: number }) => id)
    expect(ids).toEqual(expect.arrayContaining([again.execution.id, run.execution.id]))
  })

  test('a manual execution has exactly one value of its trigger', () => {
    expect(run.visits[0]?.values).toEqual({ 'trigger.args': '{"any":["JSON",{"object":true}]}' })
    expect(run.value('b.y')).toBe('[1,{"z":null}]')
  })

  test('scenario 15: steps newest first, one a page; values only when asked for', async () => {
    const path = `/formulas/instances/executions/${run.execution.id}/steps`
    const plain = await ok('GET', path)
    expect(plain.map((one: { stepName: string }) => one.stepName)).toEqual(['b', 'a', 'trigger'])
    for (const one of plain) expect(one).not.toHaveProperty('stepExecutionValues')
    const names: string[] = []
    let token: string | null = ''
    for (let pages = 0; token !== null && pages < 5; pages++) {
      const page = expectOk(await formulas.call('GET', `${path}?pageSize=1&nextPage=${encodeURIComponent(token)}`))
      expect(page.body).toHaveLength(1)
      names.push(page.body[0].stepName)
      token = page.headers.get('elements-next-page-token')
    }
    expect(names).toEqual(['b', 'a', 'trigger'])
  })

  test('scenario 15: one step, with its values; the values alone', async () => {
    const [, a] = run.visits
    const path = `/formulas/instances/executions/steps/${a?.id}`
    const one = await ok('GET', path)
    expect(visitOf(one)).toEqual({ id: a?.id, name: 'a', status: 'success', values: { 'a.x': '1' } })
    expect(one.createdDate).toMatch(ISO)
    const values = await ok('GET', `${path}/values`)
    expect(values).toEqual([{ id: expect.any(Number), key: 'a.x', value: '1' }])
    expectError(await formulas.call('GET', '/formulas/instances/executions/steps/999999999'), 404)
  })

  test('unknown executions are 404, also those of another instance', async () => {
    for (const path of ['', '/steps', '/errors'])
      expectError(await formulas.call('GET', `/formulas/instances/executions/999999999${path}`), 404)
    const other = await formulas.bind(run.formula)
    const path = `/formulas/${run.formula.id}/instances/${other.id}/executions/${run.execution.id}`
    expectError(await formulas.call('GET', path), 404)
    expectError(await formulas.call('GET', '/formulas/instances/999999999/executions'), 404)
  })

  test('eventId and objectId together are 400; empty ones are none', async () => {
    const path = `/formulas/instances/${run.instance.id}/executions`
    expectError(await formulas.call('GET', `${path}?eventId=1&objectId=2`), 400)
    expect((await ok('GET', `${path}?eventId=&objectId=&nextPage=`)).length).toBeGreaterThan(0)
  })
})

describe('32 §2: starts', () => {
  test('POST answers an array of one execution, by both paths', async () => {
    const formula = await formulas.make({ steps: { a: script('done(trigger.args)') } })
    const instance = await formulas.bind(formula)
    for (const path of [`/formulas/instances/${instance.id}`, `/formulas/${formula.id}/instances/${instance.id}`]) {
      const answer = await ok('POST', `${path}/executions`, { n: 1 })
      expect(answer).toMatchObject([{ id: expect.any(Number), formulaInstanceId: instance.id }])
    }
    await formulas.executions(instance.id, 2)
  })

  test('an instance that is not there is 404', async () => {
    expectError(await formulas.call('POST', '/formulas/instances/999999999/executions', {}), 404)
  })

  test('32 §9: more than 5 MB is refused', async () => {
    const instance = await formulas.bind(await formulas.make({}))
    const path = `/formulas/instances/${instance.id}/executions`
    const answer = await formulas.call('POST', path, { text: 'x'.repeat(5 * 1024 * 1024 + 1) })
    expect(answer.status, answer.text.slice(0, 300)).toBe(413)
  })
})
