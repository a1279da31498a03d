/**
 * `npm run bench:chaos`: webhooks while processes are killed and the receiver fails. See README.md one folder up. Ends with 1 when a
 * promise was broken.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'
import { embeddedFolder } from '../../test/support/embedded-server.ts'
import { createScratchDatabase } from '../scratch-database.ts'
import { quantile } from '../statistics.ts'
import type { Role } from './fleet.ts'
import { type ChaosOutcome, runChaos } from './run.ts'

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: {
    processes: text('1'),
    events: text('20000'),
    instances: text('20'),
    kills: text('50'),
    'kill-every': text('6'),
    failing: text('0.2'),
    silent: text('0.0005'),
    'failures-of-one': text('3'),
    drain: text('600'),
    seed: text('1'),
  },
})
const number = (name: keyof typeof values) => Number(values[name])
const processes = number('processes')
const SHOWN = 20

await using cleanUp = new AsyncDisposableStack()
const roles: Role[] =
  processes === 1 ? ['all'] : Array.from({ length: processes }, (_, at) => (at === processes - 1 ? 'worker' : 'api'))
const isEmbedded = processes === 1 && !process.env['DATABASE_URL']
const env: Record<string, string> = isEmbedded
  ? { VALENCE_DATA_DIR: cleanUp.adopt(await embeddedFolder(), ({ remove }) => remove()).dataDir }
  : { VALENCE_DATA_DIR: await folder(), DATABASE_URL: await databaseUrl() }
console.log(
  `${processes} ${processes === 1 ? 'process' : 'processes'}, ${isEmbedded ? 'the embedded database' : 'one PostgreSQL'}, seed ${values.seed}`,
)
const outcome = await runChaos({
  roles,
  env,
  events: number('events'),
  instances: number('instances'),
  kills: number('kills'),
  killEveryMs: number('kill-every') * 1000,
  failures: { share: number('failing'), silentShare: number('silent'), most: number('failures-of-one') },
  drainMs: number('drain') * 1000,
  seed: number('seed'),
  tell: (line) => console.log(line),
})
print(outcome)
if (outcome.violations.length > 0) process.exitCode = 1

function print({
  posted,
  arrivals,
  kills,
  backAfterMs,
  violations,
  takenAgain,
  postingMs,
  drainMs,
}: ChaosOutcome): void {
  const of = (answer: string) => arrivals.filter((arrival) => arrival.answer === answer).length
  const ms = (share: number) => `${quantile(posted.tookMs, share).toFixed(1)} ms`
  const killed = (role: Role) => kills.filter((kill) => kill === role).length
  const rows: [string, unknown][] = [
    ['webhooks acknowledged', posted.tookMs.length],
    ['  unanswered (connection broke)', posted.unanswered],
    ['  refused', posted.refused],
    ['  acknowledged after, p50, p99', `${ms(0.5)}, ${ms(0.99)}`],
    ['kills', [...new Set(roles)].map((role) => `${killed(role)} ${role}`).join(', ')],
    ['  back after, median', `${quantile(backAfterMs, 0.5).toFixed(0)} ms`],
    ['deliveries that arrived', arrivals.length],
    ['  taken', of('taken')],
    ['  503, reset, silence', `${of('503')}, ${of('reset')}, ${of('silence')}`],
    ['  events taken more than once', takenAgain],
    ['posting and killing', `${(postingMs / 1000).toFixed(0)} s`],
    ['until everything had arrived', `${(drainMs / 1000).toFixed(0)} s`],
    ['broken promises', violations.length],
  ]
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`)
  for (const violation of violations.slice(0, SHOWN)) console.log(`  ${violation}`)
}

/** A scratch database of `DATABASE_URL`, or a server of our own: the processes do not care who started it. */
async function databaseUrl(): Promise<string> {
  const given = process.env['DATABASE_URL']
  if (given !== undefined) return cleanUp.adopt(await createScratchDatabase(given), ({ drop }) => drop()).url
  const server = await startEmbeddedPostgres({ dataDir: await folder() })
  cleanUp.defer(() => server.stop())
  return server.url
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'valence-chaos-'))
  cleanUp.defer(() => rm(made, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  // started by root, the database runs as another user, who must be able to pass
  await chmod(made, 0o711)
  return made
}
