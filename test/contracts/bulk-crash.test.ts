import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Contact, keptContact } from '../../bench/bulk/contacts.ts'
import { judgeUpload } from '../../bench/bulk/judge-upload.ts'
import { runKills } from '../../bench/bulk/run-kills.ts'
import { seeded } from '../../bench/chaos/seeded.ts'
import { createTestDatabase } from '../support/database.ts'

/** A small run of `npm run bench:bulk -- --kills 20`. `VALENCE_CONTRACT_FIGURES=1` prints what was seen. */
test('whoever is killed meanwhile, a download is whole and each row of an upload is written once, or said to be uncertain', async () => {
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'valence-bulk-'))
  try {
    const { violations, ...figures } = await runKills({
      rows: 4_000,
      vendorMs: { page: 60, write: 4 },
      kills: 2,
      pairs: [{ down: 'csv', up: 'jsonl' }],
      env: { DATABASE_URL: database.url, VALENCE_DATA_DIR: join(folder, 'data') },
      folder,
      random: seeded(5),
    })
    if (process.env['VALENCE_CONTRACT_FIGURES']) console.log(JSON.stringify(figures))
    expect(violations).toEqual([])
    expect(figures.kills).toBe(2)
  } finally {
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)

describe('the verdict on an upload', () => {
  const listed = (number: number, status = 'uncertain: cut off'): Contact => ({ ...keptContact(number), status })
  for (const [
    name,
    { counts = [1, 1, 1], errors = [] as Contact[], status = {}, examples = [] as never[] },
    broken,
  ] of [
    ['every row was written once', {}, []],
    ['one that was written is uncertain', { errors: [listed(1)] }, []],
    ['one that was not written is uncertain', { counts: [1, 0, 1], errors: [listed(1)] }, []],
    ['one is lost', { counts: [1, 0, 1] }, ['row 1 is lost: neither written nor listed']],
    ['one was written twice', { counts: [1, 1, 2], errors: [listed(2)] }, ['row 2 was written 2 times']],
    [
      'one failed',
      { errors: [listed(2, '400: no')] },
      ['row 2 failed: 400: no', 'recordsUncertainCount is 1, expected 0'],
    ],
    [
      'one is listed twice',
      { errors: [listed(0), listed(0)] },
      ['row 0 is listed twice', 'recordsUncertainCount is 2, expected 1'],
    ],
    ['it did not end well', { status: { status: 'ABORTED' } }, ['status is ABORTED, expected COMPLETED']],
    ['rows are not counted', { status: { recordsCount: 2 } }, ['recordsCount is 2, expected 3']],
  ] as [string, { counts?: number[]; errors?: Contact[]; status?: object; examples?: never[] }, string[]][]) {
    test(`${name}: ${broken.length === 0 ? 'as promised' : 'a promise is broken'}`, () => {
      const said = {
        ...{ status: 'COMPLETED', recordsCount: 3 },
        ...{ recordsFailedCount: errors.length, recordsUncertainCount: errors.length, ...status },
      }
      const record = { written: 3, changed: 0, examples, digest: '' }
      expect(judgeUpload({ rows: 3, status: said, errors, record, counts: Uint8Array.from(counts) })).toEqual(broken)
    })
  }
})
