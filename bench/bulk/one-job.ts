import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { checkFile, type FileCheck } from './check-file.ts'
import { commandLine } from './command-line.ts'
import type { BulkHub } from './hub.ts'
import { judgeUpload, readErrors } from './judge-upload.ts'
import type { VendorProgress, VendorRecord } from './vendor-process.ts'

export type Format = 'csv' | 'jsonl'

export interface Surroundings {
  hub: BulkHub
  vendorUrl: string
  /** for files */
  folder: string
  rows: number
}

/** What came of a job. */
export interface JobOutcome {
  seconds: number
  /** how often another process had to take it up */
  resets: number
  violations: string[]
}

export interface DownloadOutcome extends JobOutcome {
  file: string
  check: FileCheck
  /** reading the file from the hub */
  readSeconds: number
}

export interface UploadOutcome extends JobOutcome {
  record: VendorRecord
  uncertain: number
}

/** Called again and again while a job runs. @param done rows that the vendor has answered */
export type Watch = (done: number) => Promise<void> | void

const ENDED = ['COMPLETED', 'ABORTED', 'CANCELLED']
const LOOK_EVERY_MS = 50

/** All contacts of the vendor as a file, which is checked row by row. */
export async function download(at: Surroundings, format: Format, watch?: Watch): Promise<DownloadOutcome> {
  await fetch(`${at.vendorUrl}/progress/reset`, { method: 'POST' })
  const valence = commandLine(at.hub)
  const id = await valence.startDownload(format)
  const status = await untilEnded(at, id, 'read', watch)
  if (status['status'] !== 'COMPLETED') throw new Error(`download ${id}: ${JSON.stringify(status)}`)
  const file = join(at.folder, `download-${id}.${format}`)
  const began = performance.now()
  await valence.saveFile(id, format, file)
  const readSeconds = (performance.now() - began) / 1000
  const check = await checkFile(file, format, at.rows)
  const counted =
    status['recordsCount'] === at.rows ? [] : [`recordsCount is ${status['recordsCount']}, the vendor has ${at.rows}`]
  return {
    ...(await timesOf(at.hub, id, status)),
    file,
    check,
    readSeconds,
    violations: [...counted, ...check.violations],
  }
}

/** The contacts of a file, written one by one; what the vendor saw is compared with what it serves itself. */
export async function upload(at: Surroundings, file: string, watch?: Watch): Promise<UploadOutcome> {
  await fetch(`${at.vendorUrl}/record/reset`, { method: 'POST' })
  const valence = commandLine(at.hub)
  const id = await valence.startUpload(file)
  const status = await untilEnded(at, id, 'written', watch)
  const errorsFile = join(at.folder, `errors-${id}.jsonl`)
  if (status['status'] === 'COMPLETED') await valence.saveErrors(id, errorsFile)
  const errors = await readErrors(errorsFile)
  const record = (await (await fetch(`${at.vendorUrl}/record`)).json()) as VendorRecord
  const counts = new Uint8Array(await (await fetch(`${at.vendorUrl}/record/counts`)).arrayBuffer())
  const violations = judgeUpload({ rows: at.rows, status, errors, record, counts })
  await rm(errorsFile, { force: true })
  return { ...(await timesOf(at.hub, id, status)), record, uncertain: errors.length, violations }
}

async function untilEnded(
  { hub, vendorUrl }: Surroundings,
  id: string,
  done: keyof VendorProgress,
  watch?: Watch,
): Promise<Record<string, unknown>> {
  for (;;) {
    const status = await hub.read(`/bulk/${id}/status`)
    if (ENDED.includes(String(status['status']))) return status
    if (watch) await watch(((await (await fetch(`${vendorUrl}/progress`)).json()) as VendorProgress)[done])
    await wait(LOOK_EVERY_MS)
  }
}

async function timesOf(hub: BulkHub, id: string, status: Record<string, unknown>) {
  const jobs = (await hub.read('/bulk/jobs')) as unknown as Record<string, unknown>[]
  const resets = Number(jobs.find((job) => String(job['id']) === id)?.['job_reset_attempt'])
  const seconds = (Number(status['bulk_finish_time']) - Number(status['bulk_start_time'])) / 1000
  return { seconds, resets }
}
