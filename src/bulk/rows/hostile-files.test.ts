import { expect, test } from 'vitest'
import { inChunks, joined } from '../../../test/support/chunks.ts'
import { readRows } from './read-rows.ts'
import { csvOf } from './write-csv.ts'

async function countRows(chunks: AsyncIterable<Buffer>, format: 'csv' | 'json'): Promise<number> {
  let count = 0
  for await (const batch of readRows(chunks, { format, startByte: 0, startRow: 0 })) count += batch.length
  return count
}

/** How often everybody else had a turn while this was going on. */
async function turnsWhile(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const tick = () => {
    turns++
    if (!isOver) setImmediate(tick)
  }
  setImmediate(tick)
  await work().finally(() => (isOver = true))
  return turns
}

const columns = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`)

/** The same bytes for ever; tells how many were taken. */
function endless(beginning: string, bytes: string) {
  const taken = { bytes: 0 }
  async function* chunks() {
    yield Buffer.from(beginning)
    for (const chunk = Buffer.from(bytes.repeat(10_000)); ; taken.bytes += chunk.length) yield chunk
  }
  return { taken, chunks: chunks() }
}

test('a header of 100,000 columns is refused', async () => {
  const file = inChunks(`${columns(100_000).join(',')}\n1\n`, [65_536])
  await expect(countRows(file, 'csv')).rejects.toThrow('The header of the file (from byte 0) has more than 10000 cells')
})

test('a header of names that are a novel is refused', async () => {
  const file = inChunks(`${'a'.repeat(300_000)},${'b'.repeat(300_000)}\n1\n`, [65_536])
  await expect(countRows(file, 'csv')).rejects.toThrow('names of more than 500000 characters together')
})

test('a header with a character that is no part of a name is refused', async () => {
  await expect(countRows(inChunks('a,b\0c\n1,2\n'), 'csv')).rejects.toThrow('NUL character (U+0000) in a name')
})

for (const [name, format, beginning, bytes, message] of [
  ['of separators', 'csv', 'a,b\n', ',', 'Row 1 of the file (from byte 4) has more than 10000 cells'],
  ['of pairs of quotes', 'csv', 'a,b\n"', '""', 'Row 1 of the file (from byte 4) is longer than 5 MB'],
  ['of brackets', 'json', '{"a":', '[', 'nests deeper than 500 levels'],
  ['of lists', 'json', '', '[', 'Row 1 of the file (byte 1) is no object'],
  ['of backslashes', 'json', '{"a":"', '\\\\', 'Row 1 of the file (byte 0) is longer than 5 MB'],
  ['of empty lists', 'json', '{"a":[', '[],', 'Row 1 of the file (byte 0) is longer than 5 MB'],
] as const) {
  test(`a row ${name} without an end is refused before it takes the memory`, async () => {
    const { taken, chunks } = endless(beginning, bytes)
    await expect(countRows(chunks, format)).rejects.toThrow(message)
    expect(taken.bytes).toBeLessThan(15_000_000)
  })
}

test('a million empty lines are no rows', async () => {
  expect(await countRows(inChunks(`a,b\n${'\n'.repeat(1_000_000)}1,2\n`, [65_536]), 'csv')).toBe(1)
  expect(await countRows(inChunks(`${'\r\n'.repeat(1_000_000)}{}`, [65_536]), 'json')).toBe(1)
})

test('others have their turn while rows are read that take long for their bytes', async () => {
  const short = `a,b,c\n1,2,3\n${'1\n'.repeat(5_000)}`
  expect(await turnsWhile(() => countRows(inChunks(short), 'csv'))).toBeGreaterThan(5)
  expect(await turnsWhile(() => countRows(inChunks('{} '.repeat(300_000)), 'json'))).toBeGreaterThan(3)
})

test('short rows below a wide header cost no more than their cells', async () => {
  const wide = `${columns(10_000).join(',')}\n${'1\n'.repeat(5_000)}`
  const narrow = `${columns(2).join(',')}\n${'1\n'.repeat(5_000)}`
  const msOf = async (file: string) => {
    const started = process.cpuUsage()
    expect(await countRows(inChunks(file), 'csv')).toBe(5_000)
    return process.cpuUsage(started).user / 1_000
  }
  await msOf(narrow)
  expect(await msOf(wide)).toBeLessThan(10 * (await msOf(narrow)) + 500)
})

test('a wide table is written a few rows at a time', async () => {
  const lines = inChunks('{}\n'.repeat(100))
  const turns = await turnsWhile(() => joined(csvOf(lines, { columns: columns(10_000) })))
  expect(turns).toBeGreaterThan(5)
})
