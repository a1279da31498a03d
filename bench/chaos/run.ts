import { setTimeout as wait } from 'node:timers/promises'
import { ADMIN } from '../../test/support/hub-process.ts'
import { type Role, startFleet } from './fleet.ts'
import { ELEMENT, provision } from './provision.ts'
import { type Arrival, type Failures, startFailingReceiver } from './receiver.ts'
import { seeded } from './seeded.ts'
import { type Posted, postWebhooks } from './vendor.ts'
import { judge, type Verdict } from './verdict.ts'

export interface ChaosSettings {
  roles: readonly Role[]
  /** VALENCE_DATA_DIR, and DATABASE_URL unless the embedded database is meant */
  env: Record<string, string>
  /** webhooks that are to be acknowledged, over all instances */
  events: number
  instances: number
  kills: number
  /** mean time from one kill to the next; each is between a quarter and seven quarters of it */
  killEveryMs: number
  /** of webhooks; by default so many that posting takes as long as killing */
  perSecond?: number
  failures: Failures
  /** how long everything may take to arrive once nobody posts and nobody is killed */
  drainMs: number
  seed: number
  tell?(line: string): void
}

export interface ChaosOutcome extends Verdict {
  posted: Posted
  arrivals: readonly Arrival[]
  kills: readonly Role[]
  /** of each killed process, until it listened again */
  backAfterMs: readonly number[]
  postingMs: number
  drainMs: number
}

/**
 * Webhooks are posted and delivered while processes of the hub are killed and the receiver fails; then everything may arrive.
 * @throws Error when a process does not come up again, or does not end well
 */
export async function runChaos(settings: ChaosSettings): Promise<ChaosOutcome> {
  const { tell = () => undefined, events, instances, kills: wanted, killEveryMs } = settings
  // separate streams: how often one of them is asked does not move the others
  const [ofReceiver, ofVendor, ofKiller] = [1, 2, 3].map((at) => seeded(settings.seed * 10 + at)) as [Die, Die, Die]
  await using cleanUp = new AsyncDisposableStack()
  const receiver = await startFailingReceiver(ofReceiver, settings.failures)
  cleanUp.defer(() => receiver.close())
  const env = {
    VALENCE_PORT: '0',
    VALENCE_ADMIN_EMAIL: ADMIN.email,
    VALENCE_ADMIN_PASSWORD: ADMIN.password,
    VALENCE_EGRESS_ALLOW: '127.0.0.1',
    VALENCE_LOG_LEVEL: 'error',
    ...settings.env,
  }
  const fleet = await startFleet(settings.roles, env, ofKiller)
  cleanUp.defer(() => fleet.end())
  const instanceIds = await provision(fleet.apis()[0] ?? '', instances, receiver.url)
  tell(`${settings.roles.join(', ')}: ready; ${instances} instances`)

  const posted: Posted = { acknowledged: new Map(), unanswered: 0, refused: 0, tookMs: [] }
  const began = performance.now()
  const perSecond = settings.perSecond ?? (events * 1000) / (wanted * killEveryMs)
  const posting = postWebhooks(
    { element: ELEMENT, instanceIds, each: events / instances, perSecond, apis: fleet.apis, random: ofVendor },
    posted,
  )
  const kills: Role[] = []
  let isGivenUp = false
  const killing = (async () => {
    while (kills.length < wanted && !isGivenUp) {
      await wait(killEveryMs * (0.25 + 1.5 * ofKiller()))
      kills.push(await fleet.killOne())
      const counts = `${posted.tookMs.length} acknowledged, ${receiver.arrivals.length} arrived`
      tell(`kill ${kills.length}: ${kills.at(-1)}; ${counts}`)
    }
    await fleet.complete()
  })()
  try {
    await Promise.all([posting, killing])
  } finally {
    isGivenUp = true
    // whoever is being started is ended with the others
    await Promise.allSettled([killing])
  }
  const postingMs = performance.now() - began

  const drainBegan = performance.now()
  let verdict = judge(posted.acknowledged, receiver.arrivals)
  while (verdict.missing > 0 && performance.now() - drainBegan < settings.drainMs) {
    await wait(500)
    verdict = judge(posted.acknowledged, receiver.arrivals)
  }
  const drainMs = performance.now() - drainBegan
  tell(`drained after ${(drainMs / 1000).toFixed(1)} s`)
  await fleet.stop()
  // what came meanwhile counts as well
  verdict = judge(posted.acknowledged, receiver.arrivals)
  return { ...verdict, posted, arrivals: receiver.arrivals, kills, backAfterMs: fleet.backAfterMs, postingMs, drainMs }
}

type Die = () => number
