/**
 * `npm run bench:formula-kills -- --executions 2000 --kills 50 --seed 1`: processes that work at executions are killed; each execution must end, and
 * nothing may be sent twice. See README.md beside this file.
 */
import { parseArgs } from 'node:util'
import { migrate } from '../src/store/migrate.ts'
import { seeded } from './chaos/seeded.ts'
import { runKills } from './formulas/run-kills.ts'
import { createScratchDatabase } from './scratch-database.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { database: text, executions: text, kills: text, seed: text } })
const serverUrl = values.database ?? process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

await using cleanUp = new AsyncDisposableStack()
const database = await createScratchDatabase(serverUrl)
cleanUp.defer(() => database.drop())
await migrate(database.url)
const { violations, ...figures } = await runKills({
  databaseUrl: database.url,
  executions: Number(values.executions ?? 2_000),
  kills: Number(values.kills ?? 50),
  random: seeded(Number(values.seed ?? 1)),
})
console.log(JSON.stringify(figures))
for (const violation of violations.slice(0, 50)) console.log(violation)
console.log(`${violations.length} violations`)
if (violations.length > 0) process.exitCode = 1
