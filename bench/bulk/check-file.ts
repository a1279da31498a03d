import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { type Contact, canonical, keptContact } from './contacts.ts'

/** A file that was downloaded, compared row by row with what the vendor has. */
export interface FileCheck {
  rows: number
  bytes: number
  sha256: string
  violations: string[]
}

const SHOWN = 5

/** @param rows how many contacts the vendor has, and in its order */
export async function checkFile(file: string, format: 'csv' | 'jsonl', rows: number): Promise<FileCheck> {
  const violations: string[] = []
  const hash = createHash('sha256')
  const source = createReadStream(file)
  let bytes = 0
  source.on('data', (chunk) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  let number = 0
  for await (const found of format === 'csv' ? csvRows(source) : jsonRows(source)) {
    const expected = keptContact(number)
    const isEqual =
      format === 'csv' ? canonical(found) === canonical(flatTexts(expected)) : canonical(found) === canonical(expected)
    if (!isEqual && violations.length < SHOWN) {
      violations.push(`row ${number + 1} is ${canonical(found)}, expected ${canonical(expected)}`)
    }
    number++
  }
  if (number !== rows) violations.push(`the file has ${number} rows, the vendor ${rows}`)
  return { rows: number, bytes, sha256: hash.digest('hex'), violations }
}

/** Not by `readline`, for which U+2028 ends a line as well. */
async function* jsonRows(source: NodeJS.ReadableStream): AsyncGenerator<Contact> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield JSON.parse(rest.toString('utf8', start, end))
      start = end + 1
    }
    rest = rest.subarray(start)
  }
  if (rest.length > 0) throw new Error(`the file ends within a line: ${rest.toString('utf8', 0, 100)}`)
}

/** Cells that are there, by column; one without quotes that is empty is not there. */
async function* csvRows(source: NodeJS.ReadableStream): AsyncGenerator<Contact> {
  const parser = parse({
    columns: true,
    cast: (value, { quoting }) => (value === '' && !quoting ? undefined : value),
  })
  const reading = pipeline(source, parser)
  for await (const record of parser as AsyncIterable<Contact>)
    yield Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
  await reading
}

/** `address.city`, and values as texts: what a cell can say. */
function flatTexts(contact: Contact): Contact {
  return Object.fromEntries(
    Object.entries(contact).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([inner, text]) => [`${name}.${inner}`, String(text)])
        : [[name, String(value)]],
    ),
  )
}
