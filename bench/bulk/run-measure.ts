import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { startChild } from '../child.ts'
import { steadyRate, type Target } from '../load.ts'
import { prove } from '../measure.ts'
import { quantile } from '../statistics.ts'
import { digestOf, keptContact } from './contacts.ts'
import { startBulkHub } from './hub.ts'
import { type MemoryRun, memoryDuring } from './memory.ts'
import { download, type Format, type Surroundings, upload } from './one-job.ts'

export interface MeasureSettings {
  rows: number
  formats: readonly Format[]
  /** of each measurement of ordinary calls */
  seconds: number
  env: Record<string, string>
  folder: string
  tell(line: string): void
}

export interface FormatFigures {
  format: Format
  fileMb: number
  sha256: string
  /** rows a second */
  down: number
  read: number
  up: number
  /** reading the file included */
  downMemory: MemoryRun
  upMemory: MemoryRun
  /** of the rows that the vendor got back */
  digest: string
}

/** ms that an ordinary call takes */
export interface Latency {
  p50: number
  p99: number
}

export interface MeasureOutcome {
  formats: FormatFigures[]
  /** of the rows that the vendor serves */
  digest: string
  quiet: Latency
  /** undefined: the job had ended before it could be measured */
  whileDownloading: Latency | undefined
  whileUploading: Latency | undefined
  violations: string[]
}

/** Ordinary calls a second while a job runs. */
const RATE = 50
/** A job that has just begun is not yet what it will be. */
const WARM_UP_MS = 1_500

/** Everything is downloaded, and what was downloaded is uploaded; by one hub, which does little else. */
export async function runMeasure(settings: MeasureSettings): Promise<MeasureOutcome> {
  const { rows, folder, seconds, tell } = settings
  await using cleanUp = new AsyncDisposableStack()
  const vendor = cleanUp.adopt(await startChild('bulk/vendor-process.ts', [String(rows)]), (child) => child.stop())
  const vendorUrl = vendor.facts['url'] ?? ''
  const hub = cleanUp.adopt(await startBulkHub(vendorUrl, settings.env), ({ fleet }) => fleet.end())
  const at: Surroundings = { hub, vendorUrl, folder, rows }
  const pid = () => hub.fleet.pids()[0]
  const target = await ordinaryCall()
  const latency = async (): Promise<Latency> => {
    const taken = await steadyRate(target, { rate: RATE, seconds })
    return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) }
  }
  await latency()
  const quiet = await latency()
  const formats: FormatFigures[] = []
  const violations: string[] = []

  for (const format of settings.formats) {
    tell(`${format}: downloading ${rows} rows`)
    const down = await memoryDuring(pid, () => download(at, format))
    const { file, check, readSeconds, seconds: downSeconds } = down.result
    tell(`${format}: uploading`)
    const up = await memoryDuring(pid, () => upload(at, file))
    await rm(file)
    formats.push({
      format,
      fileMb: check.bytes / 1e6,
      sha256: check.sha256,
      down: rows / downSeconds,
      read: rows / readSeconds,
      up: rows / up.result.seconds,
      downMemory: down.memory,
      upMemory: up.memory,
      digest: up.result.record.digest,
    })
    violations.push(...down.result.violations, ...up.result.violations)
    const [perSecond, growth] = [
      [rows / downSeconds, rows / readSeconds, rows / up.result.seconds].map(Math.round),
      [down.memory, up.memory].map(({ startMb, mostMb }) => Math.round(mostMb - startMb)),
    ]
    tell(`${format}: rows/s down, read, up: ${perSecond.join(', ')}; MB more down, up: ${growth.join(', ')}`)
  }

  tell(`once more, beside ${RATE} ordinary calls a second`)
  const [whileDownloading, downloaded] = await beside(() => download(at, 'jsonl'))
  const [whileUploading, uploaded] = await beside(() => upload(at, downloaded.file))
  violations.push(...downloaded.violations, ...uploaded.violations)
  await hub.fleet.stop()
  return { formats, digest: digestOf(rows), quiet, whileDownloading, whileUploading, violations }

  async function beside<Result>(work: () => Promise<Result>): Promise<[Latency | undefined, Result]> {
    let isOver = false
    const measured = wait(WARM_UP_MS).then(async () => {
      const taken = await latency()
      return isOver ? undefined : taken
    })
    const result = await work()
    isOver = true
    return [await measured, result]
  }

  async function ordinaryCall(): Promise<Target> {
    const { authorization, token, url } = hub
    const expected = Array.from({ length: Math.min(25, rows) }, (_, number) => keptContact(number))
    const call = {
      name: 'hub' as const,
      url: `${url}/elements/api-v2/hubs/crm/contacts?pageSize=25`,
      headers: { authorization: `${authorization}, Element ${token}` },
    }
    return prove(call, expected, (body) => body)
  }
}
