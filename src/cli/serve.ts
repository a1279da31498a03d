import type { Seeded } from '../accounts/seed.ts'
import type { Config } from '../config.ts'
import { createLog, type Hub, startHub } from '../main.ts'
import { listenForStop, untilStopped } from './until-stopped.ts'

/** `valence serve` and `valence worker`: runs the hub until SIGTERM or SIGINT. */
export async function serve(config: Config): Promise<void> {
  const log = createLog(config)
  const signals = listenForStop(log)
  const hub = await startHub(config, { log, onSeeded: printFirstRun })
  const stopped = untilStopped(hub, log, signals)
  const what = {
    all: 'listens',
    api: 'listens, without working at jobs,',
    worker: 'works at jobs and shows its health',
  }
  console.log(`Valence ${what[config.role]} on ${hub.url}`)
  printSignIn(hub)
  await stopped
}

/** The credentials of the first start; a generated password is shown here once and nowhere else. */
function printFirstRun(seeded: Seeded): void {
  if (!seeded.created) return
  console.log(`First start: administrator ${seeded.email}`)
  if (seeded.passwordGenerated) console.log(`Password (shown once): ${seeded.password}`)
}

function printSignIn({ seeded, url }: Hub): void {
  if (!seeded.created) return
  console.log(`Sign in: curl -X POST ${url}/elements/api-v2/authentication -H 'Content-Type: application/json' \\`)
  console.log(`  -d '{"username":"${seeded.email}","password":"…"}'`)
}
