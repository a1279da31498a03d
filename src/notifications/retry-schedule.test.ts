import { expect, test } from 'vitest'
import { nextAttempt } from './retry-schedule.ts'

const failed = new Date('2024-05-01T10:00:00Z')
const after = (seconds: number) => new Date(failed.getTime() + seconds * 1_000)

for (const [attempts, seconds] of [4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144].entries()) {
  test(`retry ${attempts + 1} leaves ${seconds} s after the original failure, whenever the last attempt was`, () => {
    const now = after(attempts === 0 ? 0 : 4 ** attempts + 0.2)
    expect(nextAttempt(failed, attempts + 1, now)).toEqual(after(seconds))
  })
}

test('after the ninth retry there is none', () => expect(nextAttempt(failed, 10, after(262_145))).toBeUndefined())

test('overdue retries keep four seconds between them', () => {
  expect(nextAttempt(failed, 3, after(7_200))).toEqual(after(7_204))
})

test('the last one is a little under 73 hours after the failure', () => {
  expect(nextAttempt(failed, 9, after(70_000))).toEqual(new Date('2024-05-04T10:49:04Z'))
})
