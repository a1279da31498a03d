import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestFormulas, type ShortStep } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { VendorReply } from '../../model/exchange.ts'
import type { FormulaContext } from '../context.ts'
import { endAllNow } from './cancel-execution.ts'
import { createJournal, type JournalRow } from './journal.ts'
import { wakeOf } from './queues.ts'
import { executionQueues } from './run-execution.ts'
import { startExecutions } from './start-execution.ts'
import { sweepExecutions } from './sweep.ts'
import { createTake, ExecutionLost } from './take.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

const SCRIPTS = {
  one: () => ({ value: 1 }),
  boom: () => {
    throw new Error('boom')
  },
}

const room = (given: Partial<FormulaContext> = {}) => openTestFormulas(opened.store, { scripts: SCRIPTS, ...given })
const signal = new AbortController().signal
/** what waits is gone, as after its run */
const forget = ({ waiting }: { waiting: readonly unknown[] }) => void (waiting as unknown[]).splice(0)
const retry: ShortStep = { name: 'again', type: 'retryFormulaExecution' }
const failing: ShortStep[] = [
  { name: 'bad', type: 'script', properties: { body: 'boom' }, onFailure: ['again'] },
  retry,
]

test('executions of a single-threaded instance are in the order in which their starts are committed', async () => {
  const { context, addFormula, addInstance, start, execution } = room()
  const formula = await addFormula({ singleThreaded: true, steps: [{ name: 'a', type: 'script' }] })
  const instance = await addInstance(formula)
  const one = { formula, instance, trigger: {}, startedBy: 'event' as const }
  let later: Promise<number> | undefined
  const [first, second] = await opened.store.changes.transaction(async (trx, publish) => {
    const [begun] = await startExecutions(context, trx, publish, [one])
    later = start(formula, instance)
    // it waits for this transaction
    await new Promise((resolve) => setTimeout(resolve, 200))
    const [next] = await startExecutions(context, trx, publish, [one])
    return [begun?.id as number, next?.id as number]
  })
  const third = (await later) as number
  expect([first, second, third]).toEqual([first, second, third].toSorted((a, b) => Number(a) - Number(b)))
  expect((await execution(third)).status).toBe('queued')
})

test('what waits for its next attempt is woken, also when a process dies as it begins to wait', async () => {
  const { context, jobs, addFormula, addInstance, start, execution } = room()
  const formula = await addFormula({ steps: failing })
  const id = await start(formula, await addInstance(formula))
  const dying = { ...context, jobs: { wake: () => Promise.reject(new Error('it died here')) } }
  await expect(executionQueues(dying)[0]?.run(`e${id}`, signal)).rejects.toThrow('it died here')
  forget(jobs)
  await executionQueues(context)[0]?.run(`e${id}`, signal)
  const { retry_at, status } = await execution(id)
  expect({ status, woken: jobs.waiting.map(({ key, at }) => ({ key, at })) }).toEqual({
    status: 'pending',
    woken: [{ key: `e${id}`, at: retry_at }],
  })
})

test.each(['v1', 'v3'] as const)(
  'a wake that comes a little early by the clock of this process comes again (%s)',
  async (engine) => {
    const { context, clock, jobs, addFormula, addInstance, start, execution } = room()
    const queue = executionQueues(context)[0]
    const formula = await addFormula({ engine, steps: failing })
    const id = await start(formula, await addInstance(formula))
    await queue?.run(`e${id}`, signal)
    const { retry_at } = await execution(id)
    forget(jobs)
    clock.at = new Date((retry_at as Date).getTime() - 900)
    const key = engine === 'v1' ? `r${id}` : `e${id}`
    await queue?.run(key, signal)
    expect(jobs.waiting).toMatchObject([{ key, at: retry_at }])
  },
)

test('an attempt of an instance that was switched off by its failures is not made', async () => {
  const { context, clock, db, addFormula, addInstance, start, execution, steps } = room()
  const queue = executionQueues(context)[0]
  const formula = await addFormula({ steps: failing })
  const instance = await addInstance(formula)
  const id = await start(formula, instance)
  await queue?.run(`e${id}`, signal)
  const before = (await steps(id)).length
  await db.updateTable('formula_instances').set({ active: false }).where('id', '=', instance.id).execute()
  clock.at = new Date(clock.at.getTime() + 3_600_000)
  await queue?.run(`e${id}`, signal)
  const { status, error } = await execution(id)
  expect({ status, error }).toMatchObject({ status: 'cancelled', error: expect.stringContaining('tried again') })
  expect(await steps(id)).toHaveLength(before)
})

test('a process that lost an execution takes nothing back of what another one works at', async () => {
  const { context, addFormula, addInstance, start, steps } = room()
  const formula = await addFormula({ steps: [{ name: 'post', type: 'httpRequest' }] })
  const id = await start(formula, await addInstance(formula))
  const [take, journal] = [createTake(context), createJournal(context)]
  const slow = await take(id)
  if (!slow) throw new Error('not taken')
  const begun: JournalRow = {
    ...{ seq: 1, frame: '', name: 'post', type: 'httpRequest', status: 'pending', isFailure: false, isHidden: false },
    ...{ createdAt: Date.now(), finishedAt: undefined, delayMs: 0, outcome: undefined, wasBegun: false },
  }
  await journal.write({ held: slow, rows: [begun] })
  const quick = await take(id)
  await expect(journal.takeBack(slow, 1)).rejects.toThrow(ExecutionLost)
  expect(await steps(id)).toHaveLength(2)
  if (quick) await journal.takeBack(quick, 1)
  expect(await steps(id)).toHaveLength(1)
})

test('an answer is written down also when the database is away for a moment', async () => {
  let sent = 0
  let failures = 0
  const { store } = opened
  const { context, addFormula, addInstance, start, execution } = room({
    ownPath: () => undefined,
    async send(): Promise<VendorReply> {
      sent += 1
      failures = 2
      const text = '{"ok":true}'
      const headers = { 'content-type': 'application/json' }
      const body = Readable.from([Buffer.from(text)])
      return { status: 200, url: '', headers, body, bytes: async () => Buffer.from(text), text: async () => text }
    },
  })
  const steps: ShortStep[] = [
    { name: 'post', type: 'httpRequest', properties: { method: 'POST', url: 'https://vendor.example/', body: {} } },
  ]
  const formula = await addFormula({ steps })
  const id = await start(formula, await addInstance(formula))
  const transaction: typeof store.changes.transaction = async (work) => {
    if (failures-- > 0) throw new ValenceError('UNAVAILABLE', 'the connection to the database was lost')
    return store.changes.transaction(work)
  }
  const away = { ...context, store: { ...store, changes: { ...store.changes, transaction } } }
  await executionQueues(away)[0]?.run(`e${id}`, signal)
  expect(sent).toBe(1)
  expect(await execution(id)).toMatchObject({ status: 'success', uncertain_steps: [], interruptions: 0 })
})

test('many failures at once that pass both marks of the guard are told of at each', async () => {
  const { context, db, addFormula, addInstance, start } = room()
  const formula = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const instance = await addInstance(formula)
  await db.updateTable('formula_instances').set({ consecutive_errors: 45 }).where('id', '=', instance.id).execute()
  const ids: number[] = []
  for (let at = 0; at < 60; at++) ids.push(await start(formula, instance))
  await opened.store.changes.transaction(async (plain, publish) => {
    const trx = plain as never as Parameters<typeof endAllNow>[1]
    const rows = await trx.selectFrom('formula_executions').selectAll().where('id', 'in', ids).orderBy('id').execute()
    await endAllNow(context, trx, publish, rows, 'it was too old')
  })
  const { rows } = await sql`
    select id from notifications where topic = 'threat-level-midnight' order by id`.execute(db)
  expect(rows).toHaveLength(4)
  const after = await db.selectFrom('formula_instances').selectAll().where('id', '=', instance.id).executeTakeFirst()
  expect(after).toMatchObject({ active: false, consecutive_errors: 105, error_warnings: 1 })
})

test('a long execution goes on from its snapshot, with entries of loops that are still those of their lists', async () => {
  const entries = Array.from({ length: 520 }, (_, n) => ({ n }))
  const { context, jobs, db, addFormula, addInstance, start, execution, steps } = room({
    async runStepScript(call) {
      const plain = { isGiven: true, isLate: false, console: [], mails: [], changes: {} }
      if (call.body === 'make') return { ...plain, value: { list: entries } }
      const list = (call.steps['make'] as { list: { seen?: number }[] }).list
      if (call.body === 'count') return { ...plain, value: { seen: list.filter(({ seen }) => seen === 1).length } }
      const each = call.steps['each'] as { index: number; entry: object }
      const changed = { ...each, entry: { ...each.entry, seen: 1 } }
      return { ...plain, value: {}, changes: { steps: { set: { each: changed }, gone: [] } } }
    },
  })
  const formula = await addFormula({
    engine: 'v1',
    steps: [
      { name: 'make', type: 'script', properties: { body: 'make' }, onSuccess: ['each'] },
      {
        name: 'each',
        type: 'loop',
        properties: { list: '${steps.make.list}' },
        onSuccess: ['touch'],
        onFailure: ['count'],
      },
      { name: 'touch', type: 'script', properties: { body: 'touch' }, onSuccess: ['each'] },
      { name: 'count', type: 'script', properties: { body: 'count' } },
    ],
  })
  const id = await start(formula, await addInstance(formula))
  let queues = executionQueues(context)
  for (let turn = 0; turn < 500; turn++) {
    const outcome = await queues[0]?.run(`e${id}`, signal)
    const { snapshot_seq, finished_at } = await execution(id)
    if (finished_at) break
    expect(outcome).toBe('more')
    if (snapshot_seq === null) continue
    // another process, which remembers nothing; what the snapshot holds is not read again
    queues = executionQueues(context)
    await db.deleteFrom('formula_steps').where('execution_id', '=', id).where('seq', '<', snapshot_seq).execute()
  }
  const { status, step_count, snapshot_seq } = await execution(id)
  expect({ status, step_count }).toEqual({ status: 'success', step_count: 1044 })
  expect(snapshot_seq).toBeGreaterThanOrEqual(1_000)
  expect((await steps(id)).at(-1)?.value?.value).toEqual({ seen: 520 })
  expect(jobs.waiting.filter(({ key }) => key === `e${id}`)).toHaveLength(1)
}, 60_000)

test('an execution that nothing comes of is given up, and the next one of its instance goes on', async () => {
  const { context, addFormula, addInstance, start, execution } = room({
    async runStepScript({ body }) {
      if (body === 'poison') throw new Error('the hub has a bug')
      return { value: {}, isGiven: true, isLate: false, console: [], mails: [], changes: {} }
    },
  })
  const script = (name: string, next: string[] = []): ShortStep => ({
    ...{ name, type: 'script', properties: { body: name }, onSuccess: next },
  })
  const formula = await addFormula({ singleThreaded: true, steps: [script('fine', ['poison']), script('poison')] })
  const instance = await addInstance(formula)
  const [first, second] = [await start(formula, instance), await start(formula, instance)]
  const queue = executionQueues(context)[0]
  for (let run = 0; run < 100 && (await execution(first)).finished_at === null; run++)
    await queue?.run(`i${instance.id}`, signal).catch(() => undefined)
  const { status, error, interruptions } = await execution(first)
  expect({ status, error }).toEqual({ status: 'failed', error: expect.stringContaining('taken up again 12 times') })
  expect(interruptions).toBe(12)
  await queue?.run(`i${instance.id}`, signal).catch(() => undefined)
  expect(await execution(second)).toMatchObject({ status: 'pending', step_count: 1 })
})

test.each([
  ['PUT', 3, 'a: the hub was interrupted, or failed, 3 times while the request was under way'],
  ['POST', 1, 'a: the hub was interrupted while the request was under way'],
])('a %s whose answer the hub fails at is sent %d times, then it is uncertain', async (method, times, words) => {
  let sent = 0
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const { context, addFormula, addInstance, start, execution, steps } = room({
    log,
    ownPath: () => undefined,
    async send() {
      sent += 1
      return { status: 200, url: '', headers: {}, body: Readable.from([]) } as unknown as VendorReply
    },
  })
  const fine: ShortStep = { name: 'fine', type: 'script', properties: { body: 'one' }, onSuccess: ['a'] }
  const a: ShortStep = { name: 'a', type: 'httpRequest', properties: { method, url: 'https://vendor.example/' } }
  const formula = await addFormula({ steps: [fine, a] })
  const id = await start(formula, await addInstance(formula))
  // also where it was interrupted at an earlier step
  const journal = createJournal(context)
  const dying = { ...journal, write: () => Promise.reject(new Error('it died here')) }
  await expect(executionQueues(context, dying)[0]?.run(`e${id}`, signal)).rejects.toThrow('it died here')
  const failing: typeof journal = {
    ...journal,
    async write(one) {
      if (one.rows.some(({ wasBegun, status }) => wasBegun && status === 'success')) throw new Error('a bug')
      await journal.write(one)
    },
  }
  const queue = executionQueues(context, failing)[0]
  const errors: (string | null)[] = []
  for (let run = 0; run < 20 && (await execution(id)).finished_at === null; run++) {
    await queue?.run(`e${id}`, signal).catch(() => undefined)
    errors.push((await execution(id)).error)
  }
  expect(sent).toBe(times)
  expect((await steps(id)).at(-1)).toMatchObject({
    status: 'failed',
    value: { isUncertain: true, error: expect.stringContaining(words) },
  })
  // while it runs, its owner sees that it does not get on
  expect(errors).toEqual([
    'It was taken up again once after step 1, and the hub was interrupted or failed before the next one ended',
    ...['once', '2 times'].slice(0, times - 1).map((often) => expect.stringContaining(`again ${often} after step 2`)),
    null,
  ])
  expect(await execution(id)).toMatchObject({ status: 'failed', uncertain_steps: ['a'] })
  const told = lines.map((line) => JSON.parse(line) as { step?: string }).map(({ step }) => step)
  expect(told).toEqual(['fine', ...Array.from({ length: times }, () => 'a')])
})

test('an execution that comes further each time is not given up, however often processes die at it', async () => {
  const { context, addFormula, addInstance, start, execution } = room()
  const names = Array.from({ length: 45 }, (_, at) => `s-${at}`)
  const steps = names.map((name, at) => ({
    ...{ name, type: 'script', properties: { body: 'one' } },
    onSuccess: names.slice(at + 1, at + 2),
  }))
  const formula = await addFormula({ steps })
  const id = await start(formula, await addInstance(formula))
  for (let process = 0; process < 100 && (await execution(id)).finished_at === null; process++) {
    const journal = createJournal(context)
    const dying = {
      ...journal,
      async write(one: Parameters<typeof journal.write>[0]) {
        await journal.write(one)
        throw new Error('it died here')
      },
    }
    await executionQueues(context, dying)[0]
      ?.run(`e${id}`, signal)
      .catch(() => undefined)
  }
  expect(await execution(id)).toMatchObject({ status: 'success', step_count: 46 })
})

test('a damaged execution is ended by the sweep, which says so, and so are those behind it', async () => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const { context, clock, db, addFormula, addInstance, start, execution } = room({ log })
  const formula = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const instance = await addInstance(formula, { settings: { 'notification.email': 'ada@example.com' } })
  const begin = () => start(formula, instance, { startedBy: 'event' })
  const [damaged, fine] = [await begin(), await begin()]
  const of = { start: Buffer.from('nothing that opens') }
  await db.updateTable('formula_executions').set(of).where('id', '=', damaged).execute()
  // nor can it be read whom to tell of it
  await db.updateTable('formula_instances').set({ sealed: 'damaged' }).where('id', '=', instance.id).execute()
  clock.at = new Date(clock.at.getTime() + 4 * 86_400_000)
  await sweepExecutions(context)
  const tooOld = 'It did not come to its end within 3 days, for which executions are kept'
  const ends = await Promise.all([damaged, fine].map(execution))
  expect(ends.map(({ status, error }) => [status, error])).toEqual([
    ['failed', `${tooOld}; what execution ${damaged} began with cannot be read`],
    ['failed', tooOld],
  ])
  expect(lines.filter((line) => line.includes(`formula_executions.start:${damaged}`))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('nobody is told'))).toHaveLength(2)
})

test('an execution that cannot be ended at all keeps no other one from the sweep', async () => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  const bad: { id?: number } = {}
  const { context, clock, addFormula, addInstance, start, execution } = room({
    log,
    async noteEvents(_trx, notes) {
      if (notes.some(({ message }) => message.includes(String(bad.id)))) throw new Error('the hub has a bug')
    },
  })
  const formula = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const instance = await addInstance(formula)
  const event = { startedBy: 'event' as const, eventId: 'e', trigger: { instanceId: 9 } }
  bad.id = await start(formula, instance, event)
  const fine = await start(formula, instance, event)
  clock.at = new Date(clock.at.getTime() + 4 * 86_400_000)
  await sweepExecutions(context)
  expect((await execution(bad.id)).finished_at).toBeNull()
  expect((await execution(fine)).status).toBe('failed')
  expect(lines.join()).toContain('the hub has a bug')
})

test('a long line of a single-threaded instance hides no other execution from the sweep', async () => {
  const { context, jobs, clock, addFormula, addInstance, start } = room()
  const formula = await addFormula({ singleThreaded: true, steps: [{ name: 'a', type: 'script' }] })
  const instance = await addInstance(formula)
  const line = Array.from({ length: 1_100 }, () => ({ formula, instance, trigger: {}, startedBy: 'event' as const }))
  await opened.store.changes.transaction((trx, publish) => startExecutions(context, trx, publish, line))
  const other = await addFormula({ steps: [{ name: 'a', type: 'script' }] })
  const id = await start(other, await addInstance(other), { startedBy: 'event' })
  forget(jobs)
  clock.at = new Date(clock.at.getTime() + 2 * 3_600_000)
  await sweepExecutions(context)
  const keys = jobs.waiting.map(({ key }) => key)
  expect(keys).toContain(`e${id}`)
  expect(keys).toContain(`i${instance.id}`)
})

test('those that wait for another one take no place from it', () => {
  const { context } = room()
  const waking = { id: 7, account_id: 12, formula_instance_id: 5, is_single_threaded: false, is_awaited: true }
  const names = [0, 1, 2, 10, 250].map((depth) => wakeOf({ ...waking, depth }).queue)
  expect(names).toEqual([0, 1, 2, 10, 10].map((depth) => `formulas.answer${depth === 0 ? '' : `-${depth}`}`))
  const worked = executionQueues(context).map(({ name }) => name)
  expect(names.filter((name) => !worked.includes(name))).toEqual([])
})

test('a process that stops gives back what does not end in time: it goes on elsewhere, and only a request that may be lost has failed', async () => {
  let isStopping = true
  const hangs = (signal?: AbortSignal) =>
    new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const sent: string[] = []
  const { context, addFormula, addInstance, start, execution } = room({
    ownPath: () => undefined,
    async send({ method, signal }): Promise<VendorReply> {
      sent.push(method)
      if (isStopping) await hangs(signal)
      const body = Readable.from([Buffer.from('{}')])
      const [headers, bytes] = [{ 'content-type': 'application/json' }, Buffer.from('{}')]
      return { status: 200, url: '', headers, body, bytes: async () => bytes, text: async () => '{}' }
    },
    async runStepScript({ signal }) {
      if (isStopping) await hangs(signal)
      return { value: {}, isGiven: true, isLate: false, console: [], mails: [], changes: {} }
    },
  })
  const begin = async (step: ShortStep) => {
    const formula = await addFormula({ steps: [step] })
    // others of the account wait already: no more are started by hand
    return start(formula, await addInstance(formula), { startedBy: 'event' })
  }
  const request = (method: string): ShortStep => ({
    ...{ name: method, type: 'httpRequest', properties: { method, url: 'https://vendor.example/' } },
  })
  const ids = [
    await begin({ name: 'long', type: 'script', properties: { body: 'long' } }),
    ...[await begin(request('GET')), await begin(request('PUT')), await begin(request('POST'))],
  ]
  const stopping = new AbortController()
  const queue = executionQueues(context)[0]
  const turns = ids.map((id) => queue?.run(`e${id}`, stopping.signal))
  setTimeout(() => stopping.abort(new Error('the process stops')), 300)
  expect(await Promise.all(turns)).toEqual(['more', 'more', 'more', 'more'])
  expect(await Promise.all(ids.map(async (id) => (await execution(id)).status))).toEqual(ids.map(() => 'pending'))
  isStopping = false
  for (const id of ids) await executionQueues(context)[0]?.run(`e${id}`, signal)
  const ends = await Promise.all(ids.map(execution))
  expect(ends.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'failed'])
  expect(ends.map(({ uncertain_steps }) => uncertain_steps)).toEqual([[], [], [], ['POST']])
  expect(sent.toSorted()).toEqual(['GET', 'GET', 'POST', 'PUT', 'PUT'])
}, 30_000)
