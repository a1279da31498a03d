import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestFormulas, type ShortStep } from '../../../test/support/formula-room.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { VendorReply } from '../../model/exchange.ts'
import { createJournal, type Journal } from './journal.ts'
import { executionQueues } from './run-execution.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
beforeAll(async () => {
  opened = await openTestStore()
})
afterAll(() => opened.close())

/** mulberry32 */
function randomOf(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Steps in a row, some of them loops with steps of their own, some of them sub-formulas. */
async function randomSteps(
  random: () => number,
  kinds: readonly string[],
  addFormula: (steps: ShortStep[]) => Promise<number>,
  depth = 2,
): Promise<ShortStep[]> {
  const steps: ShortStep[] = []
  let count = 0
  const row = async (left: number, after: string[]): Promise<string> => {
    const names = Array.from({ length: 1 + Math.floor(random() * 3) }, () => `s-${count++}`)
    for (const [at, name] of names.entries()) {
      const next = at + 1 < names.length ? [names[at + 1] as string] : after
      const kind = kinds[Math.floor(random() * kinds.length)]
      const onward = { onSuccess: next, onFailure: next }
      if (kind === 'loop' && left > 0) {
        const body = await row(left - 1, [name])
        const list = steps.some((step) => step.name === names[0]) ? `\${steps.${names[0]}.list}` : '[1,{"a":2},3]'
        steps.push({ name, type: 'loop', properties: { list }, onSuccess: [body], onFailure: next })
      } else if (kind === 'formula' && left > 0) {
        const formulaId = await addFormula(await randomSteps(random, kinds, addFormula, left - 1))
        steps.push({ name, type: 'formula', properties: { formulaId, args: { n: count } }, ...onward })
      } else if (kind === 'post') {
        const properties = { method: 'POST', url: 'https://vendor.example/things', body: { step: name } }
        steps.push({ name, type: 'httpRequest', properties, ...onward })
      } else if (kind === 'boom') {
        steps.push({ name, type: 'script', properties: { body: 'boom' }, ...onward })
      } else steps.push({ name, type: 'script', properties: { body: 'work' }, ...onward })
    }
    return names[0] as string
  }
  const first = await row(depth, [])
  return steps.toSorted((a, b) => Number(b.name === first) - Number(a.name === first))
}

class Crash extends Error {}

function room(mayCrash: () => 'before' | 'after' | undefined) {
  let sent = 0
  const opening = openTestFormulas(opened.store, {
    scripts: {
      boom: () => {
        throw new Error('boom')
      },
    },
    async send(): Promise<VendorReply> {
      sent += 1
      const [body, text] = [Readable.from([Buffer.from('{"ok":true}')]), '{"ok":true}']
      return {
        ...{ status: 200, url: 'https://vendor.example/things', body, headers: { 'content-type': 'application/json' } },
        bytes: async () => Buffer.from(text),
        text: async () => text,
      }
    },
    ownPath: () => undefined,
  })
  const { context } = opening
  const plain = context.runStepScript
  // what it comes to is a function of what it sees; and it leaves something in objects that others refer to
  context.runStepScript = async (call) => {
    if (call.body !== 'work') return plain(call)
    const seen = JSON.stringify([call.steps, call.config, call.trigger]).length
    const found = [...((call.config['found'] as number[] | undefined) ?? []), seen].slice(-5)
    const touched = Object.entries(call.steps).flatMap(([name, value]) => {
      const entry = (value as { entry?: unknown } | undefined)?.entry
      return typeof entry === 'object' && entry !== null
        ? [[name, { ...(value as object), entry: { ...entry, seen } }] as const]
        : []
    })
    return {
      ...{ isGiven: true, isLate: false, console: [], mails: [] },
      value: { seen, list: [{ id: seen }, { id: seen + 1 }] },
      changes: {
        config: { set: { found }, gone: [] },
        ...(touched.length > 0 ? { steps: { set: Object.fromEntries(touched), gone: [] } } : {}),
      },
    }
  }
  const dying = (journal: Journal): Journal => ({
    ...journal,
    async write(one) {
      const when = mayCrash()
      if (when === 'before') throw new Crash()
      await journal.write(one)
      if (when === 'after') throw new Crash()
    },
  })
  return {
    ...opening,
    sent: () => sent,
    /** each process dies at its crash, and the next one takes over */
    async runToEnd(id: number) {
      for (let process = 0; process < 2_000; process++) {
        const queues = executionQueues(context, dying(createJournal(context)))
        const run = async () => {
          for (;;) if ((await queues[0]?.run(`e${id}`, new AbortController().signal)) !== 'more') return
        }
        await run().catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error
        })
        if ((await opening.execution(id)).finished_at) return
      }
      throw new Error(`execution ${id} does not end`)
    },
    async journal(id: number) {
      const rows = await opening.steps(id)
      return rows.map(({ seq, name, frame, status, is_failure, is_hidden, value }) => {
        const { isRepeated: _, ...outcome } = value ?? {}
        return { seq, name, frame, status, is_failure, is_hidden, outcome }
      })
    },
  }
}

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1)

test.each(SEEDS)(
  'whatever write a process dies at, an execution comes to the same end by the same steps (%d)',
  async (seed) => {
    const random = randomOf(seed)
    const whole = room(() => undefined)
    const addFormula = async (steps: ShortStep[]) => (await whole.addFormula({ engine: 'v1', steps })).id
    const steps = await randomSteps(random, ['work', 'work', 'loop', 'formula', 'boom'], addFormula)
    const formula = await whole.addFormula({ engine: 'v1', steps })
    const instance = await whole.addInstance(formula, { configuration: { found: [] } })
    const start = { isAwaited: true, startedBy: 'api' as const }
    const expected = await whole.start(formula, instance, start)
    await whole.runToEnd(expected)

    const dying = room(() => (random() < 0.3 ? (random() < 0.5 ? 'before' : 'after') : undefined))
    const id = await dying.start(formula, instance, start)
    await dying.runToEnd(id)

    const [there, here] = [await whole.execution(expected), await dying.execution(id)]
    expect([here.status, here.step_count]).toEqual([there.status, there.step_count])
    expect(await dying.journal(id)).toEqual(await whole.journal(expected))
  },
)

test.each(SEEDS)('no request is sent twice, and each that may be lost is marked (%d)', async (seed) => {
  const random = randomOf(1_000 + seed)
  const dying = room(() => (random() < 0.3 ? (random() < 0.5 ? 'before' : 'after') : undefined))
  const addFormula = async (steps: ShortStep[]) => (await dying.addFormula({ engine: 'v1', steps })).id
  const steps = await randomSteps(random, ['work', 'post', 'post', 'loop', 'formula'], addFormula)
  const formula = await dying.addFormula({ engine: 'v1', steps })
  const id = await dying.start(formula, await dying.addInstance(formula))
  await dying.runToEnd(id)

  const rows = (await dying.steps(id)).filter(({ type }) => type === 'httpRequest')
  const uncertain = rows.filter(({ value }) => value?.isUncertain)
  const sure = rows.filter(({ status }) => status === 'success')
  expect(rows.every(({ status }) => status !== 'pending')).toBe(true)
  // one for each that says so, and at most one for each that is uncertain
  expect(dying.sent()).toBeGreaterThanOrEqual(sure.length)
  expect(dying.sent()).toBeLessThanOrEqual(sure.length + uncertain.length)
  expect(sure.length + uncertain.length).toBe(rows.length)
  const execution = await dying.execution(id)
  expect(execution.uncertain_steps).toEqual(uncertain.map(({ name }) => name))
  expect(execution.status).toBe(uncertain.length > 0 ? 'failed' : 'success')
})
