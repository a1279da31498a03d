import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countOf, type Formulas, filter, formulasOf, loop, script, storyOf } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Loops, and how many steps they are (spec 31 §3.8, 32 §5). */
let hub: TestHub
let formulas: Formulas
beforeAll(async () => {
  hub = await startTestHub()
  formulas = formulasOf(hub)
  await formulas.warm()
})
afterAll(() => hub.close())

const numbers = (count: number) => script(`done({ list: Array.from({ length: ${count} }, (_, i) => i) })`, 'each')

describe('32 §5: how many step executions', () => {
  test('a script, a loop over 50, a script and back: 103', async () => {
    const run = await formulas.run({
      steps: {
        make: numbers(50),
        each: loop('${steps.make.list}', 'body'),
        body: script('done({ n: steps.each.entry })', 'each'),
      },
    })
    expect(run.visits).toHaveLength(103)
    expect(countOf(run.names, 'each')).toBe(51)
    expect(run.status).toBe('success')
    expect(run.value('body.n')).toBe('49')
  })

  test('2 × 2 nested: 17, and what each visit saw', async () => {
    const run = await formulas.run({
      steps: {
        make: script('done({ list: ["a", "b"], inner: [1, 2] })', 'loop-1'),
        'loop-1': loop('${steps.make.list}', 'outer'),
        outer: script('done({ at: steps["loop-1"].entry })', 'loop-2'),
        'loop-2': loop('${steps.make.inner}', 'inner', 'loop-1'),
        inner: script('done({ pair: steps.outer.at + steps["loop-2"].entry })', 'loop-2'),
      },
    })
    expect(run.visits).toHaveLength(17)
    expect(countOf(run.names, 'loop-1')).toBe(3)
    expect(countOf(run.names, 'loop-2')).toBe(6)
    const pairs = run.visits.filter(({ name }) => name === 'inner').map(({ values }) => values['inner.pair'])
    expect(pairs).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(run.status).toBe('success')
  })

  test('a loop of 10 with 8 other steps: 30', async () => {
    // trigger, 11 visits, 10 of the body, 8 around it
    const chain = (from: number, to: number, then: string) =>
      Object.fromEntries(
        Array.from({ length: to - from + 1 }, (_, index) => {
          const number = from + index
          return [`step-${number}`, script('done()', number === to ? then : `step-${number + 1}`)]
        }),
      )
    const run = await formulas.run({
      steps: {
        ...chain(1, 3, 'make'),
        make: numbers(10),
        each: loop('${steps.make.list}', 'body', 'step-4'),
        body: script('done()', 'each'),
        'step-4': script('done()', 'step-5'),
        'step-5': script('done()', 'step-6'),
        'step-6': script('done()', 'last'),
        last: script('done()'),
      },
    })
    expect(run.visits).toHaveLength(30)
    expect(countOf(run.names, 'each')).toBe(11)
    expect(run.names.slice(-4)).toEqual(['step-4', 'step-5', 'step-6', 'last'])
  })
})

describe('31 §3.8: visits', () => {
  const body = { body: script('done()', 'each') }

  test('index from 0 and entry, as text; the visit at the end is failed, has no values and fails nothing', async () => {
    const run = await formulas.run({
      engine: 'v3',
      steps: {
        make: script('done({ list: [{ id: "a" }, "text", 3] })', 'each'),
        each: loop('${steps.make.list}', 'body', 'after'),
        ...body,
        after: script('done()'),
      },
    })
    const visits = run.visits.filter(({ name }) => name === 'each')
    expect(visits.map(({ status, values }) => [status, values])).toEqual([
      ['success', { 'each.index': '0', 'each.entry': '{"id":"a"}' }],
      ['success', { 'each.index': '1', 'each.entry': 'text' }],
      ['success', { 'each.index': '2', 'each.entry': '3' }],
      ['failed', {}],
    ])
    expect(run.names.at(-1)).toBe('after')
    expect(run.status).toBe('success')
  })

  test('v1: the visit at the end has the length for an index, and no entry', async () => {
    const run = await formulas.run({
      engine: 'v1',
      steps: { make: numbers(2), each: loop('${steps.make.list}', 'body'), ...body },
    })
    expect(run.visits.at(-1)).toMatchObject({ name: 'each', status: 'failed', values: { 'each.index': '2' } })
    expect(run.visits.at(-1)?.values).not.toHaveProperty('each.entry')
    expect(run.status).toBe('success')
  })

  test('an empty list is at its end at once', async () => {
    const run = await formulas.run({ steps: { make: numbers(0), each: loop('${steps.make.list}', 'body'), ...body } })
    expect([storyOf(run.visits), run.status]).toEqual([['trigger:success', 'make:success', 'each:failed'], 'success'])
  })

  test('what is no list: one value, the error; the execution failed, and goes to onFailure', async () => {
    const lists = {
      '${trigger.args.number}': 'a number',
      '${trigger.args.object}': 'an object',
      '${trigger.args.nothing}': 'nothing',
    }
    for (const [list, what] of Object.entries(lists)) {
      const run = await formulas.run(
        { steps: { each: loop(list, 'body', 'after'), ...body, after: script('done()') } },
        { args: { number: 5, object: { a: 1 } } },
      )
      expect(storyOf(run.visits), list).toEqual(['trigger:success', 'each:failed', 'after:success'])
      expect(run.visits[1]?.values).toEqual({ 'each.error': `each: list "${list}" is ${what}, not a list` })
      expect(run.status).toBe('failed')
    }
  })

  test('JSON text of a list is a list; so is that of a variable (§2.4)', async () => {
    const run = await formulas.run(
      { config: { ids: 'value' }, steps: { each: loop('${config.ids}', 'body'), ...body } },
      { configuration: { ids: '["x","y"]' } },
    )
    expect(countOf(run.names, 'body')).toBe(2)
  })

  test('a script collects by what it came to before', async () => {
    const run = await formulas.run({
      steps: {
        make: numbers(4),
        each: loop('${steps.make.list}', 'collect'),
        collect: script(
          'let acc = steps.collect ? steps.collect.acc : []\nacc.push(steps.each.entry)\ndone({ acc })',
          'each',
        ),
      },
    })
    expect(run.json('collect.acc')).toEqual([0, 1, 2, 3])
  })

  test('the list is taken at the first visit', async () => {
    const run = await formulas.run({
      steps: {
        make: numbers(2),
        each: loop('${steps.grow ? steps.grow.list : steps.make.list}', 'grow'),
        grow: script('done({ list: [7, 8, 9, 10, 11] })', 'each'),
      },
    })
    expect(countOf(run.names, 'grow')).toBe(2)
  })

  test('a change of the entry is seen in the list that it is of (§4)', async () => {
    const run = await formulas.run({
      steps: {
        make: script('done({ list: [{ n: 1 }, { n: 2 }] })', 'each'),
        each: loop('${steps.make.list}', 'change', 'after'),
        change: script('steps.each.entry.double = steps.each.entry.n * 2\ndone()', 'each'),
        after: script('done({ list: steps.make.list })'),
      },
    })
    expect(run.json('after.list')).toEqual([
      { n: 1, double: 2 },
      { n: 2, double: 4 },
    ])
  })

  test('a filter in the body goes on with the next entry', async () => {
    const run = await formulas.run({
      steps: {
        make: numbers(4),
        each: loop('${steps.make.list}', 'even', 'after'),
        even: filter('done(steps.each.entry % 2 === 0)', 'take', 'each'),
        take: script('done({ all: (steps.take ? steps.take.all : []).concat(steps.each.entry) })', 'each'),
        after: script('done()'),
      },
    })
    expect(run.json('take.all')).toEqual([0, 2])
    expect(run.status).toBe('success')
  })
})
