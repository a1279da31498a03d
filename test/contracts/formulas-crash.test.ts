import { expect, test } from 'vitest'
import { seeded } from '../../bench/chaos/seeded.ts'
import { runKills } from '../../bench/formulas/run-kills.ts'
import { createTestDatabase } from '../support/database.ts'

/** A small run of `npm run bench:formula-kills`. `VALENCE_CONTRACT_FIGURES=1` prints what was seen. */
test('whoever is killed meanwhile, each execution ends, and nothing is sent twice', async () => {
  const database = await createTestDatabase()
  try {
    const { violations, ...figures } = await runKills({
      ...{ databaseUrl: database.url, executions: 120, kills: 3, workers: 2, random: seeded(7) },
    })
    if (process.env['VALENCE_CONTRACT_FIGURES']) console.log(JSON.stringify(figures))
    expect(violations).toEqual([])
    expect(figures.requests).toBeGreaterThanOrEqual(360 - figures.uncertain)
  } finally {
    await database.drop()
  }
}, 180_000)
