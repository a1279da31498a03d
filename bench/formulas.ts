/**
 * `npm run bench:formulas`: steps of scripts a second, how long an execution waits for its first step, and what 10,000 of them leave in memory. Hub,
 * runners of scripts and database share the machine. See README.md beside this file.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { startExecutions } from '../src/formulas/executions/start-execution.ts'
import { migrate } from '../src/store/migrate.ts'
import { openRoom } from './formulas/room.ts'
import { createScratchDatabase } from './scratch-database.ts'
import { quantile } from './statistics.ts'

const ACCOUNTS = 8
const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    executions: { type: 'string' },
    memory: { type: 'string' },
  },
})
const count = Number(values.executions ?? 1_000)
const many = Number(values.memory ?? 10_000)

await using cleanUp = new AsyncDisposableStack()
const database = await createScratchDatabase(
  values.database ?? process.env['DATABASE_URL'] ?? 'postgres://127.0.0.1:5432/postgres',
)
cleanUp.defer(() => database.drop())
await migrate(database.url)
const room = await openRoom(database.url, `k1:${randomBytes(32).toString('base64')}`)
cleanUp.defer(() => room.close())
const { formulas, store } = room

const script = (name: string, body: string, next?: string) => ({
  ...{ name, type: 'script', properties: { body } },
  onSuccess: next === undefined ? [] : [next],
})
const tenSteps = await formulas.addFormula({
  name: 'ten steps',
  steps: Array.from({ length: 10 }, (_, at) =>
    script(
      `s${at}`,
      `done({ n: ((steps.s${at - 1} || {}).n || 0) + 1, of: info.formulaName })`,
      at < 9 ? `s${at + 1}` : undefined,
    ),
  ),
})
const longLoop = await formulas.addFormula({
  name: 'long loop',
  steps: [
    script('make', 'done({ list: Array.from({ length: 1000 }, (_, n) => ({ n })) })', 'each'),
    { name: 'each', type: 'loop', properties: { list: 'steps.make.list' }, onSuccess: ['body'] },
    script('body', 'done({ n: steps.each.entry.n })', 'each'),
  ],
})
type Instance = Awaited<ReturnType<typeof formulas.addInstance>>
const instancesOf = async (formula: typeof tenSteps): Promise<Instance[]> => {
  const made: Instance[] = []
  for (let at = 0; at < ACCOUNTS; at++) made.push({ ...(await formulas.addInstance(formula)), account_id: 100 + at })
  return made
}
const tens = await instancesOf(tenSteps)
const loops = await instancesOf(longLoop)

console.log(`Node ${process.version}; ${ACCOUNTS} accounts`)
await settled(await start(tenSteps, tens, 50))
await rate('formulas of 10 scripts', tenSteps, tens, count, 10)
await rate('loops of 1,000 scripts', longLoop, loops, ACCOUNTS, 1_001)
await latency('idle', 60)
const load = start(longLoop, loops, ACCOUNTS)
await latency('beside 8 long loops', 60)
await settled(await load)
await memory()
console.log('goals: 1,000 steps/s; p50 until the first step below 50 ms; memory flat')

async function start(formula: typeof tenSteps, instances: readonly Instance[], many: number): Promise<number> {
  let last = 0
  for (let at = 0; at < many; at += 50) {
    const starts = Array.from({ length: Math.min(50, many - at) }, (_, n) => ({
      ...{ formula, instance: instances[(at + n) % instances.length] as Instance, trigger: { args: {} } },
      startedBy: 'event' as const,
    }))
    const started = await store.changes.transaction((trx, publish) =>
      startExecutions(formulas.context, trx, publish, starts),
    )
    last = started.at(-1)?.id ?? last
  }
  return last
}

async function settled(_last: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{
      open: number
    }>`select count(*) as open from formula_executions where finished_at is null`.execute(store.db)
    if (rows[0]?.open === 0) return
    await wait(50)
  }
}

async function rate(
  name: string,
  formula: typeof tenSteps,
  instances: readonly Instance[],
  many: number,
  steps: number,
): Promise<void> {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await settled(await start(formula, instances, many))
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const { rows } = await sql<{
    failed: number
  }>`select count(*) as failed from formula_executions where status <> 'success'`.execute(store.db)
  if (rows[0]?.failed !== 0) throw new Error(`${rows[0]?.failed} executions failed`)
  console.log(
    `${name.padEnd(26)} ${Math.round((many * steps) / seconds)} scripts/s (${many} in ${seconds.toFixed(1)} s), ${((user + system) / 1000 / (many * steps)).toFixed(2)} ms of this process's CPU each`,
  )
}

async function latency(name: string, many: number): Promise<void> {
  const ids: number[] = []
  for (let at = 0; at < many; at++) {
    ids.push(await start(tenSteps, tens.slice(at % ACCOUNTS, (at % ACCOUNTS) + 1), 1))
    await wait(50)
  }
  await wait(2_000)
  const { rows } = await sql<{ ms: number }>`
    select extract(epoch from s.created_at - e.created_at)::float8 * 1000 as ms
    from formula_executions e join formula_steps s on s.execution_id = e.id and s.seq = 1
    where e.id = any(${ids})`.execute(store.db)
  const sorted = rows.map(({ ms }) => ms).toSorted((a, b) => a - b)
  console.log(
    `${`first step, ${name}`.padEnd(26)} p50 ${quantile(sorted, 0.5).toFixed(1)} ms, p99 ${quantile(sorted, 0.99).toFixed(1)} ms (${sorted.length} of ${many})`,
  )
}

async function memory(): Promise<void> {
  const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6)
  const seen = [megabytes()]
  for (let part = 0; part < 4; part++) {
    await settled(await start(tenSteps, tens, many / 4))
    seen.push(megabytes())
  }
  console.log(`${`memory, ${many} executions`.padEnd(26)} ${seen.join(' → ')} MB`)
}
