import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Formulas, filter, formulasOf, platformRequest, script, storyOf, sub } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Formulas that call formulas (spec 31 §3.9, 32 §5 and scenario 11). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

describe('31 §3.9: what goes in', () => {
  test('args are trigger.args, whatever the trigger of the sub-formula says', async () => {
    const child = await formulas.make({
      trigger: { type: 'event', properties: { elementInstanceId: '${config.crm}' } },
      steps: { tell: script('done({ args: trigger.args, type: typeof trigger.event })') },
    })
    const run = await formulas.run({
      steps: {
        make: script('done({ given: { a: [1, 2] } })', 'call'),
        call: sub(child.id, { args: '${steps.make.given}' }, 'after'),
        after: script('done({ got: steps.call.args, text: typeof steps.call.args })'),
      },
    })
    expect(run.json('after.got')).toEqual({ a: [1, 2] })
    expect(run.value('after.text')).toBe('object')
    expect(run.value('call.type')).toBe('undefined')
    expect(run.status).toBe('success')
  })

  test('config is that of the parent under subFormulaConfigs, three levels deep, and nothing leaks back', async () => {
    const tell = 'done({ own: config.own, shared: config.shared, level: config.level })'
    const grandchild = await formulas.make({ steps: { tell: script(tell) } })
    const child = await formulas.make({
      steps: {
        overlay: script('done({ configs: { level: 3 } })', 'call'),
        call: sub(grandchild.id, { subFormulaConfigs: '${steps.overlay.configs}' }, 'tell'),
        tell: script(`config.level = 'changed'\ndone({ inner: steps.call, mine: config.shared })`),
      },
    })
    const run = await formulas.run(
      {
        config: { own: 'value', shared: 'value' },
        steps: {
          overlay: script('done({ configs: { shared: "of the child", level: 2 } })', 'call'),
          call: sub(child.id, { subFormulaConfigs: '${steps.overlay.configs}' }, 'tell'),
          tell: script(tell),
        },
      },
      { configuration: { own: 'mine', shared: 'of the parent' } },
    )
    expect(run.json('call.inner')).toEqual({ own: 'mine', shared: 'of the child', level: 3 })
    expect(run.value('call.mine')).toBe('of the child')
    expect([run.value('tell.own'), run.value('tell.shared')]).toEqual(['mine', 'of the parent'])
    expect(run.visits.at(-1)?.values).not.toHaveProperty('tell.level')
  })

  test('steps of one name in parent and child are two', async () => {
    const child = await formulas.make({ steps: { same: script('done({ saw: steps.same === undefined, n: 2 })') } })
    const run = await formulas.run({
      steps: {
        same: script('done({ n: 1 })', 'call'),
        call: sub(String(child.id), {}, 'after'),
        after: script('done({ mine: steps.same.n, theirs: steps.call.n, saw: steps.call.saw })'),
      },
    })
    expect([run.value('after.mine'), run.value('after.theirs'), run.value('after.saw')]).toEqual(['1', '2', 'true'])
  })
})

describe('31 §3.9: what comes back', () => {
  test('the values of its last step', async () => {
    const child = await formulas.make({
      steps: { one: script('done({ x: 1 })', 'two'), two: script('done({ child: "c", list: [1] })') },
    })
    const run = await formulas.run({
      engine: 'v3',
      steps: { call: sub(child.id, {}, 'after'), after: script('done({ child: steps.call.child, x: steps.call.x })') },
    })
    expect(run.visits[1]).toMatchObject({ name: 'call', values: { 'call.child': 'c', 'call.list': '[1]' } })
    expect(run.visits.at(-1)?.values).toEqual({ 'after.child': 'c' })
  })

  test('a script error inside: failed, one value `error`, which the parent sees', async () => {
    const child = await formulas.make({ steps: { bad: script("throw new Error('inside')") } })
    const run = await formulas.run({
      engine: 'v3',
      steps: {
        call: sub(child.id, {}, 'never', 'after'),
        after: script('done({ error: steps.call.error })'),
        never: script('done()'),
      },
    })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'call:failed', 'after:success'])
    expect(Object.keys(run.visits[1]?.values ?? {})).toEqual(['call.error'])
    expect(run.value('call.error')).toContain('inside')
    expect(run.value('after.error')).toContain('inside')
    expect(run.status).toBe('failed')
  })

  test('a failed request inside: failed, with the values of the request; the code is a number', async () => {
    const child = await formulas.make({ steps: { ask: platformRequest('GET /formulas/999999') } })
    const run = await formulas.run({
      engine: 'v3',
      steps: {
        call: sub(child.id, {}, undefined, 'after'),
        after: script('done({ code: steps.call.response.code, is: typeof steps.call.response.code })'),
      },
    })
    expect(storyOf(run.visits)).toEqual(['trigger:success', 'call:failed', 'after:success'])
    expect(run.value('call.response.code')).toBe('404')
    expect([run.value('after.code'), run.value('after.is')]).toEqual(['404', 'number'])
    expect(run.status).toBe('failed')
  })

  test('a failure that the sub-formula handles is a failure all the same (32 §5)', async () => {
    const child = await formulas.make({
      steps: { bad: script("throw('x')", undefined, 'mend'), mend: script('done({ ok: 1 })') },
    })
    const run = await formulas.run({
      steps: { call: sub(child.id, {}, 'good', 'poor'), good: script('done()'), poor: script('done()') },
    })
    expect([storyOf(run.visits), run.status]).toEqual([['trigger:success', 'call:failed', 'poor:success'], 'failed'])
  })

  test('a filter inside that says no is success', async () => {
    const child = await formulas.make({ steps: { no: filter('done(false)') } })
    const run = await formulas.run({ steps: { call: sub(child.id, {}, 'after'), after: script('done(steps.call)') } })
    expect([storyOf(run.visits), run.status]).toEqual([['trigger:success', 'call:success', 'after:success'], 'success'])
    expect(run.value('after.continue')).toBe('false')
  })

  test('one that calls itself is stopped', async () => {
    const formula = await formulas.make({ steps: { call: sub(-1) } })
    const [call] = formula.steps
    const path = `/formulas/${formula.id}/steps/${call.id}`
    await formulas.call('PUT', path, { ...call, properties: { formulaId: String(formula.id) } })
    const made = await formulas.call('POST', `/formulas/${formula.id}/instances`, { name: 'x', configuration: {} })
    // whoever refuses it at once is right, too
    if (made.status === 400) return
    const run = await formulas.runAgain({ formula, instance: made.body })
    expect(run.status).toBe('failed')
    expect(run.value('call.error')).toMatch(/\S/)
  })
})

describe('32 §5: how many step executions', () => {
  /** Two sub-formulas, each calling another; each of the innermost has three steps: 1 + 2 × (1 + 1 + 1 + …). */
  async function parentOf(engine: 'v1' | 'v3') {
    const inner = await formulas.make({
      engine,
      steps: { x: scriptOf(engine, 'x', 'y'), y: scriptOf(engine, 'y', 'z'), z: scriptOf(engine, 'z') },
    })
    const outer = await formulas.make({
      engine,
      steps: {
        first: scriptOf(engine, 'first', 'deeper'),
        deeper: sub(inner.id, {}, 'last'),
        last: scriptOf(engine, 'last'),
      },
    })
    return {
      engine,
      steps: {
        begin: scriptOf(engine, 'begin', 'one'),
        one: sub(outer.id, {}, 'two'),
        two: sub(outer.id, {}, 'end'),
        end: scriptOf(engine, 'end'),
      },
    }
  }
  const scriptOf = (_engine: string, name: string, next?: string) => script(`done({ ${name}: 1 })`, next)

  test('v3: only the formula steps: trigger, begin, one, two, end are 5', async () => {
    const run = await formulas.run(await parentOf('v3'))
    expect(run.names).toEqual(['trigger', 'begin', 'one', 'two', 'end'])
    expect(run.visits).toHaveLength(5)
  })

  test('v1: the steps inside are there as well: 5 and twice 6 are 17', async () => {
    const run = await formulas.run(await parentOf('v1'))
    expect(run.visits).toHaveLength(17)
    for (const name of ['x', 'y', 'z', 'first', 'deeper', 'last'])
      expect(
        run.names.filter((one) => one === name),
        name,
      ).toHaveLength(2)
    expect(run.names[0]).toBe('trigger')
    expect(run.names.at(-1)).toBe('end')
    expect(run.status).toBe('success')
  })

  test('three levels of configuration: v3 4, v1 11', async () => {
    for (const [engine, count] of [
      ['v3', 4],
      ['v1', 11],
    ] as const) {
      // 4: trigger, start, call, end. Inside: 3 and a call, and 3 in the innermost: 7 more
      const inner = await formulas.make({
        engine,
        steps: { a: script('done()', 'b'), b: script('done()', 'c'), c: script('done({ level: config.level })') },
      })
      const middle = await formulas.make({
        engine,
        steps: {
          a: script('done({ configs: { level: 3 } })', 'b'),
          b: script('done()', 'deeper'),
          deeper: sub(inner.id, { subFormulaConfigs: '${steps.a.configs}' }, 'd'),
          d: script('done({ inner: steps.deeper })'),
        },
      })
      const run = await formulas.run({
        engine,
        steps: {
          start: script('done({ configs: { level: 2 } })', 'call'),
          call: sub(middle.id, { subFormulaConfigs: '${steps.start.configs}' }, 'end'),
          end: script('done({ level: steps.call.inner.level, mine: config.level === undefined })'),
        },
      })
      expect(run.visits, engine).toHaveLength(count)
      expect([run.value('end.level'), run.value('end.mine')]).toEqual(['3', 'true'])
    }
  })

  test('v1: what a formula step came to is one JSON value', async () => {
    const child = await formulas.make({ engine: 'v1', steps: { tell: script('done({ child: "c", n: 1 })') } })
    const run = await formulas.run({ engine: 'v1', steps: { call: sub(child.id) } })
    const call = run.visits.find(({ name }) => name === 'call')
    expect(Object.values(call?.values ?? {})).toHaveLength(1)
    expect(JSON.parse(Object.values(call?.values ?? {})[0] ?? '')).toEqual({ child: 'c', n: 1 })
  })
})
