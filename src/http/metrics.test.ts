import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

const DEPTH = { queue: 'events.process', ready: 3, active: 1, delayed: 0, oldestSeconds: 7 }

test('the depth and the age of queues are those of this very scrape, asked for once', async () => {
  const metrics = createMetrics()
  let asked = 0
  metrics.watchJobs(async () => {
    asked++
    return [DEPTH]
  })
  const text = await metrics.registry.metrics()
  expect(text).toContain('valence_jobs{queue="events.process",state="ready"} 3')
  expect(text).toContain('valence_jobs_oldest_seconds{queue="events.process"} 7')
  expect(asked).toBe(1)
})

test('without the database the queues are missing, and nothing else', async () => {
  const metrics = createMetrics()
  let isThere = true
  metrics.watchJobs(async () => {
    if (!isThere) throw new Error('the database is away')
    return [DEPTH]
  })
  await metrics.registry.metrics()
  isThere = false
  const text = await metrics.registry.metrics()
  expect(text).not.toContain('queue="events.process"')
  expect(text).toContain('process_cpu_user_seconds_total')
})
