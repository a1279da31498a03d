import type { Config } from '../config.ts'
import { openParkedJobs, type ParkedJobs } from '../jobs/parked.ts'
import { createLog } from '../main.ts'
import { openDatabase } from '../store/open-database.ts'

/** `valence jobs parked`: jobs that failed too often, and why. */
export function listParkedJobs(config: Config): Promise<void> {
  return withParked(config, async (parked) => {
    const jobs = await parked.list()
    for (const { id, queue, key, parkedDate, message } of jobs) {
      console.log(`${id}  ${parkedDate.toISOString()}  ${queue} ${key}: ${message}`)
    }
    if (jobs.length === 0) console.log('No job is parked.')
  })
}

/** `valence jobs retry`: puts them back into their queues. */
export function retryParkedJobs(config: Config, ids: readonly string[]): Promise<void> {
  return withParked(config, async (parked) => {
    const count = await parked.retry(ids.length > 0 ? ids : undefined)
    console.log(`${count} ${count === 1 ? 'job runs' : 'jobs run'} again.`)
  })
}

async function withParked(config: Config, work: (parked: ParkedJobs) => Promise<void>): Promise<void> {
  const log = createLog({ logLevel: 'warn' })
  const { url, close } = await openDatabase(config, log, (error) => log.fatal(error.message), { shared: true })
  try {
    const parked = await openParkedJobs(url, log)
    try {
      await work(parked)
    } finally {
      await parked.close()
    }
  } finally {
    await close()
  }
}
