/**
 * `npm run bench:bulk`: a million contacts down and up; with `--kills 20` the hub is killed meanwhile. See README.md one folder up. Ends
 * with 1 when a row is lost, doubled or changed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { embeddedFolder } from '../../test/support/embedded-server.ts'
import { seeded } from '../chaos/seeded.ts'
import { createScratchDatabase } from '../scratch-database.ts'
import { quantile } from '../statistics.ts'
import type { MemoryRun } from './memory.ts'
import type { Format } from './one-job.ts'
import { type KillOutcome, runKills } from './run-kills.ts'
import { type Latency, type MeasureOutcome, runMeasure } from './run-measure.ts'

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: { rows: text('1000000'), format: text('csv,jsonl'), kills: text('0'), seconds: text('5'), seed: text('1') },
})
const [rows, kills] = [Number(values.rows), Number(values.kills)]
const formats = values.format.split(',') as Format[]

await using cleanUp = new AsyncDisposableStack()
const folder = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bulk-')), (made) =>
  rm(made, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
)
// started by root, the database runs as another user, who must be able to pass
await chmod(folder, 0o711)
const given = process.env['DATABASE_URL']
const env: Record<string, string> = given
  ? {
      VALENCE_DATA_DIR: join(folder, 'data'),
      DATABASE_URL: cleanUp.adopt(await createScratchDatabase(given), ({ drop }) => drop()).url,
    }
  : { VALENCE_DATA_DIR: cleanUp.adopt(await embeddedFolder(), ({ remove }) => remove()).dataDir }
const tell = (line: string) => console.log(line)
const database = given ? 'a database of DATABASE_URL' : 'the embedded database'
console.log(`Node ${process.version}, ${cpus().length} cores, ${database}, ${rows.toLocaleString('en-US')} rows`)

if (kills > 0) {
  const pairs = formats.map((down) => ({ down, up: down === 'csv' ? ('jsonl' as const) : ('csv' as const) }))
  const outcome = await runKills({ rows, kills, pairs, env, folder, tell, random: seeded(Number(values.seed)) })
  print(killRows(outcome), outcome.violations)
} else {
  const outcome = await runMeasure({ rows, formats, seconds: Number(values.seconds), env, folder, tell })
  print(figureRows(outcome), outcome.violations)
}

function figureRows(outcome: MeasureOutcome): [string, string][] {
  const { quiet, whileDownloading, whileUploading } = outcome
  return [
    ...outcome.formats.flatMap(({ format, ...figures }): [string, string][] => [
      [`${format}: download, rows/s`, perSecond(figures.down)],
      ['  reading the file, rows/s', `${perSecond(figures.read)} (${figures.fileMb.toFixed(0)} MB)`],
      ['  memory of the hub', memoryText(figures.downMemory)],
      ['  SHA-256 of the file', figures.sha256],
      [`${format}: upload, rows/s`, perSecond(figures.up)],
      ['  memory of the hub', memoryText(figures.upMemory)],
      ['  rows that came back', figures.digest === outcome.digest ? 'the same' : 'not the same'],
      ['    digest', figures.digest],
    ]),
    ['digest of what the vendor serves', outcome.digest],
    ['ordinary calls, quiet: p50, p99', latencyText(quiet)],
    ['  beside a download', latencyText(whileDownloading)],
    ['  beside an upload', latencyText(whileUploading)],
  ]
}

function killRows({ kills, backAfterMs, downloads, uploads }: KillOutcome): [string, string][] {
  return [
    ['kills', String(kills)],
    ['  back after, median', `${quantile(backAfterMs, 0.5).toFixed(0)} ms`],
    ...downloads.flatMap(({ format, resets, sha256 }): [string, string][] => [
      [`download as ${format}`, `taken up again ${resets} times`],
      ['  SHA-256 of the file', sha256],
    ]),
    ...uploads.map(({ format, resets, written, uncertain }): [string, string] => [
      `upload of ${format}`,
      `taken up again ${resets} times; ${written} rows written, ${uncertain} uncertain`,
    ]),
  ]
}

function print(lines: [string, string][], violations: readonly string[]): void {
  for (const [name, value] of [...lines, ['broken promises', String(violations.length)]])
    console.log(`${name?.padEnd(34)}${value}`)
  for (const violation of violations) console.log(`  ${violation}`)
  if (violations.length > 0) process.exitCode = 1
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString('en-US')
}

function memoryText({ startMb, mostMb }: MemoryRun): string {
  return `${startMb.toFixed(0)} MB at the start, ${mostMb.toFixed(0)} at most: ${(mostMb - startMb).toFixed(0)} more`
}

function latencyText(latency: Latency | undefined): string {
  return latency ? `${latency.p50.toFixed(2)} ms, ${latency.p99.toFixed(2)} ms` : 'not measured: the job was too short'
}
