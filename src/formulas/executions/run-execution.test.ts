import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestFormulas, type ShortFormula, type ShortStep } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { executionQueues } from './run-execution.ts'
import { openStart } from './sealed-values.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

const list = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))

const SCRIPTS = {
  nothing: () => undefined,
  one: () => ({ value: 1 }),
  fifty: () => ({ list: list(50) }),
  ten: () => ({ list: list(10) }),
  two: () => ({ list: list(2) }),
  yes: () => true,
  no: () => false,
  boom: () => {
    throw new Error('boom')
  },
}

function room(scripts: Parameters<typeof openTestFormulas>[1] = {}) {
  const opening = openTestFormulas(opened.store, { scripts: SCRIPTS, ...scripts })
  const queues = executionQueues(opening.context)
  return {
    ...opening,
    queues,
    /** what waits for a time that has come; wakes for later run too early in these tests, and find nothing to do */
    async again(id: number) {
      for (const key of [`e${id}`, `r${id}`]) await queues[0]?.run(key, new AbortController().signal)
      await opening.jobs.drain(queues)
    },
    async run(formula: ShortFormula, start: Parameters<typeof opening.start>[2] = {}) {
      const row = await opening.addFormula(formula)
      const id = await opening.start(row, await opening.addInstance(row), start)
      await opening.jobs.drain(queues)
      const shown = (await opening.steps(id)).filter(({ is_hidden }) => !is_hidden)
      const execution = await opening.execution(id)
      return { id, execution, status: execution.status, steps: shown, names: shown.map(({ name }) => name) }
    },
  }
}

const script = (name: string, body: string, next: Partial<ShortStep> = {}): ShortStep => ({
  ...{ name, type: 'script', properties: { body } },
  ...next,
})
const loop = (name: string, list: string, body: string, after?: string): ShortStep => ({
  ...{ name, type: 'loop', properties: { list }, onSuccess: [body] },
  onFailure: after === undefined ? [] : [after],
})

describe('step executions of (spec 32 §5)', () => {
  test.each<[what: string, count: number, status: string, steps: ShortStep[]]>([
    ['trigger + script', 2, 'success', [script('a', 'one')]],
    [
      'script → loop over 50 → script back',
      103,
      'success',
      [
        script('make', 'fifty', { onSuccess: ['each'] }),
        loop('each', '${steps.make.list}', 'body'),
        script('body', 'one', { onSuccess: ['each'] }),
      ],
    ],
    [
      'nested loops 2 × 2',
      17,
      'success',
      [
        script('make', 'two', { onSuccess: ['loop-1'] }),
        loop('loop-1', '${steps.make.list}', 'outer'),
        script('outer', 'two', { onSuccess: ['loop-2'] }),
        loop('loop-2', '${steps.outer.list}', 'inner', 'loop-1'),
        script('inner', 'one', { onSuccess: ['loop-2'] }),
      ],
    ],
    [
      'loop of 10 with 8 other steps',
      30,
      'success',
      [
        script('s1', 'one', { onSuccess: ['s2'] }),
        script('s2', 'one', { onSuccess: ['s3'] }),
        script('s3', 'ten', { onSuccess: ['each'] }),
        loop('each', '${steps.s3.list}', 'body', 's4'),
        script('body', 'one', { onSuccess: ['each'] }),
        script('s4', 'one', { onSuccess: ['s5'] }),
        script('s5', 'one', { onSuccess: ['s6'] }),
        script('s6', 'one', { onSuccess: ['s7'] }),
        script('s7', 'one', { onSuccess: ['s8'] }),
        script('s8', 'one'),
      ],
    ],
    ['an empty list is at its end at once', 2, 'success', [loop('each', '[]', 'body')]],
    ['a list that is none', 2, 'failed', [loop('each', '${steps.none}', 'body')]],
  ])('%s: %d', async (_what, count, status, steps) => {
    const ran = await room().run({ steps })
    expect([ran.status, ran.steps.length]).toEqual([status, count])
    expect(ran.execution.step_count).toBe(count)
  })
})

describe('failures', () => {
  const failing = (): ShortStep[] => [script('a', 'boom', { onFailure: ['b'] }), script('b', 'one')]

  test('what fails makes the execution fail, handled or not', async () => {
    const { status, names, steps } = await room().run({ steps: failing() })
    expect([status, names]).toEqual(['failed', ['trigger', 'a', 'b']])
    expect(steps[1]).toMatchObject({ status: 'failed', is_failure: true, value: { error: 'boom' } })
  })

  test('a filter that says no does not, nor one that says yes', async () => {
    const filter = (body: string, next: Partial<ShortStep>): ShortStep => ({
      ...{ name: 'f', type: 'filter', properties: { body } },
      ...next,
    })
    const no = await room().run({ steps: [filter('no', { onFailure: ['b'] }), script('b', 'one')] })
    expect([no.status, no.names, no.steps[1]?.status]).toEqual(['success', ['trigger', 'f', 'b'], 'failed'])
    const yes = await room().run({ steps: [filter('yes', { onSuccess: ['b'] }), script('b', 'one')] })
    expect([yes.status, yes.names, yes.steps[1]?.status]).toEqual(['success', ['trigger', 'f', 'b'], 'success'])
  })

  test.each([
    ['a step that is not there', [script('a', 'one', { onSuccess: ['gone'] })], 'The formula has no step "gone"'],
    [
      'a type that nothing runs',
      [{ name: 'a', type: 'java' }],
      'a: steps of type "java" do not run here; the types are script, filter,',
    ],
  ] satisfies [string, ShortStep[], string][])('%s fails by name', async (_what, steps, error) => {
    const ran = await room().run({ steps })
    expect([ran.status, ran.steps.at(-1)?.value?.error]).toEqual(['failed', expect.stringContaining(error)])
  })

  test('several names are visited one after the other', async () => {
    const steps = [
      script('a', 'one', { onSuccess: ['b', 'c'] }),
      script('b', 'one', { onSuccess: ['d'] }),
      script('c', 'one'),
      script('d', 'one'),
    ]
    expect((await room().run({ steps })).names).toEqual(['trigger', 'a', 'b', 'd', 'c'])
  })

  test('an execution visits no more steps than it may', async () => {
    const tired = room()
    tired.context.limits.steps = 20
    const ran = await tired.run({ steps: [script('a', 'one', { onSuccess: ['a'] })] })
    expect([ran.status, ran.execution.error]).toEqual([
      'failed',
      'It visited 20 steps, which is as many as an execution may',
    ])
  })

  test('what would make it hold too much has failed, and says so', async () => {
    const small = room({ scripts: { ...SCRIPTS, big: () => 'x'.repeat(20_000) } })
    small.context.limits.contextBytes = 10_000
    const ran = await small.run({ steps: [script('a', 'big', { onFailure: ['b'] }), script('b', 'one')] })
    expect([ran.status, ran.names]).toEqual(['failed', ['trigger', 'a', 'b']])
    expect(ran.steps[1]?.value?.error).toContain('at most 10000 are possible')
  })
})

describe('values', () => {
  test('a change of the entry of a loop is one of the list, and the other way round', async () => {
    const seen: unknown[] = []
    const scripts = {
      make: () => ({ list: [{ id: 1 }, { id: 2 }] }),
      mark: (call: { steps: Record<string, { entry: { id: number } }> }) => seen.push(call.steps['each']?.entry.id),
      last: (call: { steps: unknown }) => seen.push(structuredClone(call.steps)),
    }
    const { context, ...rest } = room({ scripts: scripts as never })
    const { runStepScript } = context
    context.runStepScript = async (call) => {
      const result = await runStepScript(call)
      if (call.body !== 'mark') return result
      const { index, entry } = call.steps['each'] as { index: number; entry: { id: number } }
      return { ...result, changes: { steps: { set: { each: { index, entry: { ...entry, seen: true } } }, gone: [] } } }
    }
    await rest.run({
      steps: [
        script('make', 'make', { onSuccess: ['each'] }),
        loop('each', '${steps.make.list}', 'mark', 'last'),
        script('mark', 'mark', { onSuccess: ['each'] }),
        script('last', 'last'),
      ],
    })
    expect(seen.slice(0, 2)).toEqual([1, 2])
    expect(seen[2]).toMatchObject({
      make: {
        list: [
          { id: 1, seen: true },
          { id: 2, seen: true },
        ],
      },
    })
  })
})

describe('sub-formulas (spec 31 §3.9)', () => {
  const call = (name: string, formulaId: number, next: Partial<ShortStep> & { more?: object } = {}): ShortStep => {
    const { more = {}, ...rest } = next
    return { ...{ name, type: 'formula', properties: { formulaId: String(formulaId), ...more } }, ...rest }
  }

  async function family(engine: 'v1' | 'v3', inner: ShortStep[], more: object = {}) {
    const house = room()
    const child = await house.addFormula({ engine, steps: inner })
    const ran = await house.run({
      engine,
      steps: [
        call('sub', child.id, { more, onSuccess: ['after'], onFailure: ['handled'] }),
        script('after', 'one'),
        script('handled', 'one'),
      ],
    })
    return { ...ran, house, sub: ran.steps.find(({ name }) => name === 'sub') }
  }

  test.each([
    ['v3', ['trigger', 'sub', 'after']],
    ['v1', ['trigger', 'x', 'y', 'sub', 'after']],
  ] as const)('%s shows these steps', async (engine, names) => {
    const ran = await family(engine, [script('x', 'fifty', { onSuccess: ['y'] }), script('y', 'one')])
    expect([ran.status, ran.names]).toEqual(['success', names])
    expect(ran.sub?.value).toMatchObject({ status: 'success', value: { value: 1 }, subFormula: { lastType: 'script' } })
    // what nobody is shown is not kept
    expect((await ran.house.steps(ran.id)).filter(({ is_hidden }) => is_hidden)).toEqual([])
  })

  test('scripts share contexts with those of their own formula, not with who called it', async () => {
    const ran: [string, string | undefined][] = []
    const house = room({
      async runStepScript({ body, sharing }) {
        ran.push([body, sharing])
        return { value: {}, isGiven: true, isLate: false, console: [], mails: [], changes: {} }
      },
    })
    const child = await house.addFormula({ steps: [script('x', 'inner', { onSuccess: ['y'] }), script('y', 'inner')] })
    const { execution } = await house.run({
      steps: [
        script('first', 'outer', { onSuccess: ['sub'] }),
        call('sub', child.id, { onSuccess: ['last'] }),
        script('last', 'outer'),
      ],
    })
    const [outer, inner] = [`formula ${execution.formula_id}`, `formula ${child.id}`]
    expect(ran).toEqual([
      ['outer', outer],
      ['inner', inner],
      ['inner', inner],
      ['outer', outer],
    ])
  })

  test('a failure inside is one of the step, whose value is the error', async () => {
    const ran = await family('v3', [script('x', 'boom')])
    expect([ran.status, ran.names]).toEqual(['failed', ['trigger', 'sub', 'handled']])
    expect(ran.sub?.value).toMatchObject({ status: 'failed', error: 'boom', value: { error: 'boom' } })
  })

  test('a failure inside that was handled there is a failure all the same; a filter that says no is none', async () => {
    const handled = await family('v3', [script('x', 'boom', { onFailure: ['y'] }), script('y', 'one')])
    expect([handled.status, handled.sub?.value?.value]).toEqual(['failed', { value: 1 }])
    const filtered = await family('v3', [{ name: 'f', type: 'filter', properties: { body: 'no' } }])
    expect([filtered.status, filtered.names]).toEqual(['success', ['trigger', 'sub', 'after']])
  })

  test('its configuration is the one above with the overlay, and the one above stays as it is', async () => {
    const seen: unknown[] = []
    const house = room({
      scripts: { see: ({ config, trigger }) => void seen.push(structuredClone({ config, trigger })) },
    })
    const child = await house.addFormula({ steps: [script('s', 'see')] })
    const middle = await house.addFormula({
      steps: [call('s', child.id, { more: { subFormulaConfigs: { b: 3 } }, onSuccess: ['t'] }), script('t', 'see')],
    })
    const parent = await house.addFormula({
      steps: [
        call('s', middle.id, { more: { subFormulaConfigs: '{"b":2,"c":2}', args: { x: 1 } }, onSuccess: ['t'] }),
        script('t', 'see'),
      ],
    })
    await house.start(parent, await house.addInstance(parent, { configuration: { a: 1, b: 1 } }))
    await house.jobs.drain(house.queues)
    expect(seen).toEqual([
      { config: { a: 1, b: 3, c: 2 }, trigger: {} },
      { config: { a: 1, b: 2, c: 2 }, trigger: { args: { x: 1 } } },
      { config: { a: 1, b: 1 }, trigger: { args: {} } },
    ])
  })

  test('formulas that call each other end at the tenth', async () => {
    const house = room()
    const formula = await house.addFormula({ steps: [] })
    const steps = JSON.stringify({
      ...{ configuration: [], name: 'x', engine: 'v3' },
      triggers: [{ name: 'trigger', type: 'manual', onSuccess: ['again'], onFailure: [], properties: {} }],
      steps: [{ ...call('again', formula.id), onSuccess: [], onFailure: [] }],
    })
    await house.db
      .updateTable('formula_revisions')
      .set({ body: steps as never })
      .where('formula_id', '=', formula.id)
      .execute()
    const id = await house.start(formula, await house.addInstance(formula))
    await house.jobs.drain(house.queues)
    expect((await house.execution(id)).status).toBe('failed')
    expect((await house.steps(id)).at(-1)?.value?.error).toContain('would be the 11th')
  })

  test.each(['-1', 'abc', '999999'])('formula %s is not there', async (formulaId) => {
    const ran = await room().run({ steps: [{ name: 'sub', type: 'formula', properties: { formulaId } }] })
    expect([ran.status, ran.steps[1]?.value?.error]).toEqual(['failed', `sub: there is no formula "${formulaId}"`])
  })

  test('a formula of another organization is not there either', async () => {
    const house = room()
    const other = await house.addFormula({ steps: [script('x', 'one')] })
    await house.db
      .updateTable('formulas')
      .set({ organization_id: 4, account_id: 40 })
      .where('id', '=', other.id)
      .execute()
    const ran = await house.run({ steps: [call('sub', other.id)] })
    expect(ran.steps[1]?.value?.error).toContain('there is no formula')
  })
})

describe('retryFormulaExecution (spec 31 §3.11)', () => {
  const formula = (engine: 'v1' | 'v3'): ShortFormula => ({
    engine,
    steps: [
      script('step1', 'boom', { onFailure: ['retry'] }),
      { name: 'retry', type: 'retryFormulaExecution', properties: { retryAttempts: '1' } },
    ],
  })

  test('v3: the same execution goes on after a minute, and fails when attempts are used up', async () => {
    const house = room()
    const ran = await house.run(formula('v3'))
    expect([ran.status, ran.names]).toEqual(['pending', ['trigger', 'step1', 'retry']])
    expect(ran.execution.retry_at).toEqual(new Date(house.clock.at.getTime() + 60_000))
    house.clock.at = new Date(house.clock.at.getTime() + 60_000)
    await house.again(ran.id)
    const steps = await house.steps(ran.id)
    expect(steps.map(({ name, status }) => [name, status])).toEqual([
      ['trigger', 'success'],
      ['step1', 'failed'],
      ['retry', 'success'],
      ['step1', 'failed'],
      ['retry', 'failed'],
    ])
    expect([steps[2]?.value?.value, steps[4]?.value?.value]).toEqual([{ attempt: 1 }, { attempt: 1 }])
    expect((await house.execution(ran.id)).status).toBe('failed')
  })

  test('v1: it ends, and another one begins after three minutes', async () => {
    const house = room()
    const ran = await house.run(formula('v1'))
    expect([ran.status, ran.names]).toEqual(['retry', ['trigger', 'step1', 'retry']])
    expect(ran.steps[2]).toMatchObject({
      status: 'success',
      value: { error: expect.stringContaining('scheduled for retry at approximately 2026-04-02T10:15:01') },
    })
    house.clock.at = new Date(house.clock.at.getTime() + 180_000)
    await house.again(ran.id)
    const next = await house.db
      .selectFrom('formula_executions')
      .selectAll()
      .where('parent_id', '=', ran.id)
      .executeTakeFirstOrThrow()
    expect([next.status, next.attempt, (await house.execution(ran.id)).status]).toEqual(['failed', 1, 'failed'])
    expect(openStart(opened.store.cipher, next).trigger).toMatchObject({
      retryAttemptNumber: 1,
      retryParentExecution: ran.id,
    })
  })
})

test.each(['constructor', '__proto__', 'toString'])('a step may be called %s', async (name) => {
  const { run } = room()
  const found = await run({ steps: [script(name, 'one', { onSuccess: ['after'] }), script('after', 'one')] })
  expect([found.status, found.names]).toEqual(['success', ['trigger', name, 'after']])
})

test('a property that cannot be filled is a failure of its step', async () => {
  const { run } = room({ scripts: { ...SCRIPTS, big: () => ({ text: 'x'.repeat(1_000_000) }) } })
  const found = await run({
    steps: [
      script('big', 'big', { onSuccess: ['each'] }),
      loop('each', JSON.stringify(Array.from({ length: 100 }, () => '-${steps.big.text}')), 'never', 'after'),
      script('after', 'one'),
    ],
  })
  expect([found.status, found.names]).toEqual(['failed', ['trigger', 'big', 'each', 'after']])
})

test('scripts that wait long for a runner do not end a turn after a step or two', async () => {
  const slow = room()
  const { runStepScript } = slow.context
  slow.context.runStepScript = async (call) => {
    await new Promise((resolve) => setTimeout(resolve, 90))
    return runStepScript(call)
  }
  const steps = [script('a', 'one', { onSuccess: ['b'] }), script('b', 'one', { onSuccess: ['c'] })]
  const ran = await slow.run({ steps: [...steps, script('c', 'one', { onSuccess: ['d'] }), script('d', 'one')] })
  expect(ran.status).toBe('success')
  expect(slow.facts).toEqual([{ steps: 4, end: 'success' }])
})

describe('values that nest without end', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const asked = (answer: string) =>
    room({
      ...{ scripts: SCRIPTS, ownPath: () => undefined },
      send: async () => ({
        ...{ status: 200, headers: { 'content-type': 'application/json' } },
        body: Readable.from([Buffer.from(answer)]),
      }),
    } as never)
  const get = (body: unknown, next: Partial<ShortStep> = {}): ShortStep => ({
    ...{ name: 'get', type: 'httpRequest', properties: { method: 'GET', url: 'https://vendor.example/', body } },
    ...next,
  })

  test('an answer stays text', async () => {
    const found = await asked(deep(100_000)).run({
      steps: [get('x', { onSuccess: ['look'] }), loop('look', '${steps.get.response.body[0]}', 'never')],
    })
    expect([found.status, found.names]).toEqual(['failed', ['trigger', 'get', 'look']])
  })

  test('what is put into each other has failed', async () => {
    const nested = JSON.parse(deep(300).replace('[]', '["${steps.get.response.body}"]'))
    const found = await asked(deep(300)).run({
      steps: [get('x', { onSuccess: ['post'] }), { ...get(nested), name: 'post' }],
    })
    expect([found.status, found.names]).toEqual(['failed', ['trigger', 'get', 'post']])
    expect(found.execution.finished_at).not.toBeNull()
  })
})
