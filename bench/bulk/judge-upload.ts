import { readFile } from 'node:fs/promises'
import { type Contact, numberOf } from './contacts.ts'
import type { VendorRecord } from './vendor-process.ts'

/** What an upload is judged by: what the hub says of it, and what the vendor saw. */
export interface UploadFacts {
  rows: number
  /** status of the job */
  status: Record<string, unknown>
  /** rows of `GET /bulk/{id}/errors` */
  errors: readonly Contact[]
  record: VendorRecord
  /** how often each contact was written */
  counts: Uint8Array
}

const SHOWN = 5

/** @returns promises that were broken: each row is written once, or listed as uncertain, and never twice */
export function judgeUpload({ rows, status, errors, record, counts }: UploadFacts): string[] {
  const broken: string[] = []
  const uncertain = new Set<number>()
  for (const error of errors) {
    const number = numberOf(error)
    const text = String(error['status'])
    if (number === undefined) broken.push(`an error of an unknown row: ${text}`)
    else if (uncertain.has(number)) broken.push(`row ${number} is listed twice`)
    else if (!/uncertain/i.test(text)) broken.push(`row ${number} failed: ${text}`)
    else uncertain.add(number)
  }
  for (let number = 0; number < rows; number++) {
    const times = counts[number] ?? 0
    if (times > 1) broken.push(`row ${number} was written ${times} times`)
    if (times === 0 && !uncertain.has(number)) broken.push(`row ${number} is lost: neither written nor listed`)
  }
  for (const [key, expected] of [
    ['status', 'COMPLETED'],
    ['recordsCount', rows],
    ['recordsFailedCount', errors.length],
    ['recordsUncertainCount', uncertain.size],
  ] as const)
    if (status[key] !== expected) broken.push(`${key} is ${status[key]}, expected ${expected}`)
  for (const { written, expected } of record.examples)
    broken.push(`written ${JSON.stringify(written)}, expected ${JSON.stringify(expected)}`)
  return broken.length > SHOWN ? [...broken.slice(0, SHOWN), `and ${broken.length - SHOWN} more`] : broken
}

/** @param file lines of JSON; none when there is no file */
export async function readErrors(file: string): Promise<Contact[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Contact)
}
