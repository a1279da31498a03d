import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startChild } from '../child.ts'
import { writeContacts } from './contacts-file.ts'
import { startBulkHub } from './hub.ts'
import { download, type Format, type Surroundings, upload, type Watch } from './one-job.ts'

export interface KillSettings {
  rows: number
  kills: number
  /** what the vendor takes for a page and a write, so that even few rows take their time */
  vendorMs?: { page: number; write: number }
  /** each pair is a download and an upload that run at the same time */
  pairs: readonly { down: Format; up: Format }[]
  /** VALENCE_DATA_DIR, and DATABASE_URL unless the embedded database is meant */
  env: Record<string, string>
  folder: string
  random(): number
  tell?(line: string): void
}

export interface KillOutcome {
  kills: number
  backAfterMs: readonly number[]
  downloads: { format: Format; resets: number; sha256: string }[]
  uploads: { format: Format; resets: number; written: number; uncertain: number }[]
  violations: string[]
}

/** After its time has come a kill waits for up to that long: not every one comes right after an answer. */
const JITTER_MS = 50

/**
 * The hub is killed while it downloads and uploads, each time when one of the two jobs has come to a random row; then both may end.
 */
export async function runKills(settings: KillSettings): Promise<KillOutcome> {
  const { rows, pairs, folder, random, vendorMs = { page: 0, write: 0 }, tell = () => undefined } = settings
  await using cleanUp = new AsyncDisposableStack()
  const vendor = cleanUp.adopt(
    await startChild('bulk/vendor-process.ts', [rows, vendorMs.page, vendorMs.write].map(String)),
    (child) => child.stop(),
  )
  const vendorUrl = vendor.facts['url'] ?? ''
  const hub = cleanUp.adopt(await startBulkHub(vendorUrl, settings.env), ({ fleet }) => fleet.end())
  const at: Surroundings = { hub, vendorUrl, folder, rows }
  const outcome: KillOutcome = {
    kills: 0,
    backAfterMs: hub.fleet.backAfterMs,
    downloads: [],
    uploads: [],
    violations: [],
  }

  /** @param points rows of the vendor at which the hub is killed, ascending */
  function killerAt(what: 'download' | 'upload', points: number[], started: Set<string>): Watch {
    return async (done) => {
      started.add(what)
      const point = points[0]
      // a file that is still being sent would not be sent again
      if (point === undefined || done < point || started.size < 2) return
      points.shift()
      await wait(JITTER_MS * random())
      await hub.fleet.killOne()
      outcome.kills++
      tell(`kill ${outcome.kills}: ${what} at row ${done}`)
      await hub.fleet.complete()
    }
  }

  for (const [index, { down, up }] of pairs.entries()) {
    const file = join(folder, `contacts.${up}`)
    await writeContacts(file, up, rows)
    const planned =
      Math.floor(((index + 1) * settings.kills) / pairs.length) - Math.floor((index * settings.kills) / pairs.length)
    const started = new Set<string>()
    const [ofDownload, ofUpload] = [pointsOf(planned >> 1), pointsOf(planned - (planned >> 1))]
    const [downloaded, uploaded] = await Promise.all([
      download(at, down, killerAt('download', ofDownload, started)),
      upload(at, file, killerAt('upload', ofUpload, started)),
    ])
    outcome.downloads.push({ format: down, resets: downloaded.resets, sha256: downloaded.check.sha256 })
    outcome.uploads.push({
      format: up,
      resets: uploaded.resets,
      written: uploaded.record.written,
      uncertain: uploaded.uncertain,
    })
    outcome.violations.push(
      ...downloaded.violations.map((text) => `download as ${down}: ${text}`),
      ...uploaded.violations.map((text) => `upload of ${up}: ${text}`),
    )
    await Promise.all([rm(file), rm(downloaded.file)])
  }
  if (outcome.kills < settings.kills) outcome.violations.push(`only ${outcome.kills} kills found a job that ran`)
  await hub.fleet.stop()
  return outcome

  function pointsOf(count: number): number[] {
    return Array.from({ length: count }, () => Math.floor(rows * 0.9 * random())).toSorted((a, b) => a - b)
  }
}
