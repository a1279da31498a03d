import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Arrival } from '../../bench/chaos/receiver.ts'
import { runChaos } from '../../bench/chaos/run.ts'
import { judge } from '../../bench/chaos/verdict.ts'
import { createTestDatabase } from '../support/database.ts'

/**
 * A small run of `npm run bench:chaos`: webhooks while processes are killed and the receiver fails. `VALENCE_CONTRACT_FIGURES=1` prints
 * what was seen.
 */
test('what was acknowledged arrives, once in name and in order, whoever is killed meanwhile', async () => {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'valence-chaos-'))
  try {
    const outcome = await runChaos({
      roles: ['api', 'worker'],
      env: { DATABASE_URL: database.url, VALENCE_DATA_DIR: dataDir },
      events: 500,
      instances: 5,
      kills: 4,
      killEveryMs: 700,
      failures: { share: 0.1, silentShare: 0, most: 1 },
      drainMs: 60_000,
      seed: 7,
    })
    const { posted, arrivals, kills, violations, ...figures } = outcome
    if (process.env['VALENCE_CONTRACT_FIGURES'])
      console.log(JSON.stringify({ ...figures, kills, arrivals: arrivals.length }))
    expect(violations).toEqual([])
    expect(posted.tookMs).toHaveLength(500)
    expect(kills).toHaveLength(4)
  } finally {
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  }
}, 180_000)

describe('the verdict', () => {
  const arrived = (
    sequence: number,
    { eventId = `event-${sequence}`, answer = 'taken' as Arrival['answer'] } = {},
  ) => ({
    instanceId: 1,
    ...{ sequence, eventId, answer },
  })
  for (const [name, arrivals, broken] of [
    ['all arrived', [arrived(1), arrived(2), arrived(3)], []],
    ['one came twice', [arrived(1), arrived(1), arrived(2), arrived(3)], []],
    ['one failed and came later', [arrived(1, { answer: '503' }), arrived(2), arrived(3), arrived(1)], []],
    [
      'one that nobody acknowledged came late',
      [arrived(1), arrived(3), arrived(2), arrived(9), arrived(8)],
      [/2 of instance 1 came first after 3/],
    ],
    ['one is lost', [arrived(1), arrived(3)], [/webhook 2 of instance 1 was acknowledged and never seen/]],
    ['one was only refused', [arrived(1), arrived(2, { answer: 'reset' }), arrived(3)], [/2 .* never taken/]],
    [
      'one has two ids',
      [arrived(1), arrived(1, { eventId: 'x' }), arrived(2), arrived(3)],
      [/came as event-1 and as x/],
    ],
    ['two have one id', [arrived(1), arrived(2, { eventId: 'event-1' }), arrived(3)], [/event-1 is webhook 1/]],
    ['two changed places', [arrived(1), arrived(3), arrived(2)], [/webhook 2 of instance 1 came first after 3/]],
  ] as [string, Arrival[], RegExp[]][]) {
    test(`${name}: ${broken.length === 0 ? 'as promised' : 'a promise is broken'}`, () => {
      const { violations } = judge(new Map([[1, [1, 2, 3]]]), arrivals)
      expect(violations).toEqual(broken.map((pattern) => expect.stringMatching(pattern)))
    })
  }
})
