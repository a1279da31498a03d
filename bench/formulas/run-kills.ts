import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { startExecutions } from '../../src/formulas/executions/start-execution.ts'
import { openRoom } from './room.ts'

export interface KillsFigures {
  violations: string[]
  executions: number
  kills: number
  seconds: number
  /** requests that the vendor got */
  requests: number
  uncertain: number
}

/** One that ends, or none: longer than that nothing may stand still. */
const PATIENCE_MS = 120_000
const ACCOUNTS = 8

/**
 * Kills processes that work at executions of a formula of ten steps, three of which send something to a vendor that counts. Each execution must end,
 * and no request may come twice; one that may be lost must be marked.
 */
export async function runKills({
  databaseUrl,
  executions,
  kills,
  workers = 3,
  random,
}: {
  databaseUrl: string
  executions: number
  kills: number
  workers?: number
  random: () => number
}): Promise<KillsFigures> {
  await using cleanUp = new AsyncDisposableStack()
  const counts = new Map<string, number>()
  const vendor = createServer((request, response) => {
    const path = request.url ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    request.resume()
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'), 5 + random() * 20)
  }).listen(0, '127.0.0.1')
  await once(vendor, 'listening')
  cleanUp.defer(() => void vendor.close())
  const address = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
  const keys = `k1:${randomBytes(32).toString('base64')}`
  const room = await openRoom(databaseUrl, keys, { works: false })
  cleanUp.defer(() => room.close())

  const began = performance.now()
  await startAll(room, executions)
  const running: ChildProcess[] = []
  const begin = async (at: number) => {
    const child = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), [databaseUrl, keys, address], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    running[at] = child
    await once(child, 'message')
  }
  cleanUp.defer(() => running.forEach((child) => void child.kill('SIGKILL')))
  /** each settles when its process is at work, again after each kill */
  const ready = Array.from({ length: workers }, (_, at) => begin(at))
  await Promise.all(ready)

  /** how many executions have ended when the next kill comes */
  const points = Array.from({ length: kills }, () => random() * executions * 0.9).sort((a, b) => a - b)
  let killed = 0
  let last = { open: executions, at: performance.now() }
  while (last.open > 0) {
    await wait(random() * 100)
    if (executions - last.open >= (points[killed] ?? Number.POSITIVE_INFINITY)) {
      const at = Math.floor(random() * workers)
      await ready[at]
      const victim = running[at] as ChildProcess
      const exit = once(victim, 'exit')
      victim.kill('SIGKILL')
      await exit
      killed += 1
      ready[at] = begin(at)
    }
    const { rows } = await sql<{
      open: number
    }>`select count(*) as open from formula_executions where finished_at is null`.execute(room.store.db)
    const open = rows[0]?.open ?? 0
    if (open !== last.open) last = { open, at: performance.now() }
    if (performance.now() - last.at > PATIENCE_MS) break
  }
  const judged = await judge(room, counts)
  if (last.open > 0) judged.violations.push(`${last.open} executions did not end`)
  const requests = [...counts.values()].reduce((sum, one) => sum + one, 0)
  return { ...judged, executions, kills: killed, requests, seconds: Math.round((performance.now() - began) / 1000) }
}

type Room = Awaited<ReturnType<typeof openRoom>>

async function startAll({ formulas, store }: Room, executions: number): Promise<void> {
  const names = Array.from({ length: 10 }, (_, at) => `s${at}`)
  const formula = await formulas.addFormula({
    steps: names.map((name, at) => ({
      name,
      ...(at % 3 === 1
        ? {
            type: 'httpRequest',
            properties: {
              method: 'POST',
              url: `https://vendor.example/\${info.formulaExecutionId}/${name}`,
              body: '{"a":1}',
            },
          }
        : { type: 'script', properties: { body: `done({ at: ${at} })` } }),
      ...{ onSuccess: names.slice(at + 1, at + 2), onFailure: names.slice(at + 1, at + 2) },
    })),
  })
  for (let at = 0; at < executions; at += 50) {
    const instances = await Promise.all(
      Array.from({ length: Math.min(50, executions - at) }, (_, n) => n).map(async (n) => ({
        ...(await formulas.addInstance(formula)),
        account_id: 100 + (n % ACCOUNTS),
      })),
    )
    await store.changes.transaction((trx, publish) =>
      startExecutions(
        formulas.context,
        trx,
        publish,
        instances.map((instance) => ({ formula, instance, trigger: { args: {} }, startedBy: 'event' as const })),
      ),
    )
  }
}

/** What the vendor got beside what the journal says of it. */
async function judge(
  { store }: Room,
  counts: ReadonlyMap<string, number>,
): Promise<{ violations: string[]; uncertain: number }> {
  const violations: string[] = []
  const { rows } = await sql<{
    id: number
    status: string
    uncertain: string[]
    steps: { name: string; type: string; status: string }[]
  }>`
    select e.id, e.status, e.uncertain_steps as uncertain,
      (select json_agg(json_build_object('name', s.name, 'type', s.type, 'status', s.status) order by s.seq)
        from formula_steps s where s.execution_id = e.id) as steps
    from formula_executions e order by e.id`.execute(store.db)
  let uncertain = 0
  for (const { id, status, uncertain: marked, steps } of rows) {
    uncertain += marked.length
    const wanted = marked.length > 0 ? 'failed' : 'success'
    if (status !== wanted) violations.push(`execution ${id} is ${status}, expected ${wanted}`)
    if (steps.length !== 11) violations.push(`execution ${id} has ${steps.length} steps, expected 11`)
    for (const { name, type, status: said } of steps) {
      if (type !== 'httpRequest') continue
      const sent = counts.get(`/${id}/${name}`) ?? 0
      const isMarked = marked.includes(name)
      if (sent > 1) violations.push(`${name} of execution ${id} was sent ${sent} times`)
      if (!isMarked && sent !== 1)
        violations.push(`${name} of execution ${id} was sent ${sent} times and is not marked`)
      if (!isMarked && said !== 'success') violations.push(`${name} of execution ${id} is ${said} and not marked`)
    }
  }
  return { violations, uncertain }
}
