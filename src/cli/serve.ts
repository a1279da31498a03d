import type { Config } from '../config.ts'
import { createLog, type Hub, startHub } from '../main.ts'
import { interruptible, untilStopped } from './until-stopped.ts'

/** `valence serve`: runs the hub until SIGTERM or SIGINT. */
export async function serve(config: Config): Promise<void> {
  const log = createLog(config)
  const hub = await interruptible(() => startHub(config, { log }))
  console.log(`Valence listens on ${hub.url}`)
  printFirstRun(hub)
  await untilStopped(hub, log)
}

/** The credentials of the first start; a generated password is shown here once and nowhere else. */
export function printFirstRun({ seeded, url }: Hub): void {
  if (!seeded.created) return
  console.log(`First start: administrator ${seeded.email}`)
  if (seeded.passwordGenerated) console.log(`Password (shown once): ${seeded.password}`)
  console.log(`Sign in: curl -X POST ${url}/elements/api-v2/authentication -H 'Content-Type: application/json' \\`)
  console.log(`  -d '{"username":"${seeded.email}","password":"…"}'`)
}
