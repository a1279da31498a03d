import { FAIRNESS } from './limits.ts'
import { lowerPriority, restorePriority } from './low-priority.ts'
import type { RunnerCommand } from './runner-command.ts'
import { type RunnerProcess, startRunner } from './runner-process.ts'
import type { SandboxOptions } from './sandbox.ts'

/**
 * The runner processes. A few are always warm. One whose script takes long is no longer counted among them, so that
 * another is started in its place: waiting or looping scripts take nothing away from short ones.
 */
export interface RunnerPool {
  /** runners that can be taken at once */
  idle(): number
  size(): number
  /** the most there may be */
  readonly most: number
  restarts(): number
  take(): TakenRunner | undefined
  /**
   * @param isWanted whether anybody waits for a runner
   * @param isUrgent whether scripts that run wait for one that has none yet: their runners will not be free before
   */
  refill(isWanted: boolean, isUrgent: boolean): void
  close(): Promise<void>
}

export interface TakenRunner extends Pick<RunnerProcess, 'run' | 'stop'> {
  /** its script has been running for a while */
  readonly isHeld: boolean
}

export interface PoolOptions {
  command: RunnerCommand
  warm: number
  log: SandboxOptions['log']
  /** something changed for those who wait */
  onChange(): void
  /** runners cannot be started; who waits, waits in vain */
  onBroken(reason: string): void
}

type State = 'starting' | 'idle' | 'taken' | 'ending'

interface Member {
  process: RunnerProcess
  state: State
  isHeld: boolean
  isLow: boolean
  idleSince: number
}

const STARTING_AT_ONCE = 2
const FAILURES_IN_A_ROW = 3
const RETRY_MS = 2_000

export function createRunnerPool({ command, warm, log, onChange, onBroken }: PoolOptions): RunnerPool {
  const most = Math.max(FAIRNESS.fewestRunners, warm * FAIRNESS.runnersPerWarm)
  const members = new Set<Member>()
  let restarts = 0
  let failures = 0
  let isClosed = false
  let allGone: (() => void) | undefined
  let isWanted = false
  let isUrgent = false
  /** a hub without scripts needs no runners */
  let isAwake = false
  let retry: NodeJS.Timeout | undefined

  const count = (test: (member: Member) => boolean) => {
    let found = 0
    for (const member of members) if (test(member)) found++
    return found
  }
  /** One more than asked for, so that a lost runner is not missed. */
  const wanted = () => Math.max(isAwake && warm > 0 ? warm + 1 : 0, isWanted ? 1 : 0)
  const isFree = (member: Member) => member.state !== 'ending' && !member.isHeld
  const isComing = ({ state }: Member) => state === 'starting' || state === 'idle'

  function refill(): void {
    while (
      !isClosed &&
      retry === undefined &&
      members.size < most &&
      (count(isFree) < wanted() || (isUrgent && count(isComing) === 0)) &&
      count(({ state }) => state === 'starting') < STARTING_AT_ONCE
    ) {
      start()
    }
  }

  function start(): void {
    const member: Member = {
      process: startRunner(command, {
        ready: () => free(member),
        busy: () => slow(member),
        ending: () => spoilt(member),
        ended: (why) => gone(member, why),
      }),
      state: 'starting',
      isHeld: false,
      isLow: false,
      idleSince: 0,
    }
    members.add(member)
  }

  function free(member: Member): void {
    if (member.state === 'ending') return
    failures = 0
    if (member.isLow && !(member.process.pid !== undefined && restorePriority(member.process.pid))) {
      end(member)
      return
    }
    member.isLow = false
    member.state = 'idle'
    member.isHeld = false
    member.idleSince = performance.now()
    refill()
    onChange()
  }

  function slow(member: Member): void {
    member.isLow = true
    if (member.process.pid !== undefined) lowerPriority(member.process.pid)
  }

  function end(member: Member): void {
    member.state = 'ending'
    member.process.kill()
    refill()
  }

  /** Nobody gets it any more. One that has never been ready is counted when it is gone. */
  function spoilt(member: Member): void {
    if (member.state === 'starting' || member.state === 'ending') return
    restarts++
    member.state = 'ending'
    refill()
  }

  function gone(member: Member, reason: string): void {
    members.delete(member)
    if (isClosed) {
      if (members.size === 0) allGone?.()
      return
    }
    if (member.state !== 'ending') restarts++
    if (member.state === 'starting') startFailed(reason)
    refill()
    onChange()
  }

  function startFailed(reason: string): void {
    failures++
    log.error({ reason }, 'a script runner could not be started')
    if (failures < FAILURES_IN_A_ROW) return
    retry = setTimeout(() => {
      retry = undefined
      refill()
    }, RETRY_MS).unref()
    onBroken(reason)
  }

  function endSurplus(): void {
    const now = performance.now()
    let surplus = count(isFree) - wanted()
    for (const member of members) {
      if (surplus <= 0) return
      if (member.state !== 'idle' || now - member.idleSince < FAIRNESS.idleMs) continue
      surplus--
      end(member)
    }
  }

  /** The one that was used last, so that the others can grow old. */
  function lastIdle(): Member | undefined {
    let last: Member | undefined
    for (const member of members) {
      if (member.state === 'idle' && (!last || member.idleSince > last.idleSince)) last = member
    }
    return last
  }

  const sweep = setInterval(endSurplus, FAIRNESS.idleMs / 4).unref()

  return {
    most,
    idle: () => count(({ state }) => state === 'idle'),
    size: () => members.size,
    restarts: () => restarts,
    take() {
      const member = lastIdle()
      if (!member) return undefined
      member.state = 'taken'
      return {
        get isHeld() {
          return member.isHeld
        },
        stop: () => member.process.stop(),
        async run(...call) {
          const held = setTimeout(() => {
            member.isHeld = true
            refill()
          }, FAIRNESS.heldAfterMs)
          const outcome = await member.process.run(...call)
          clearTimeout(held)
          return outcome
        },
      }
    },
    refill(wantedNow, urgentNow) {
      isWanted = wantedNow
      isUrgent = urgentNow
      isAwake ||= wantedNow
      refill()
    },
    async close() {
      isClosed = true
      clearInterval(sweep)
      clearTimeout(retry)
      if (members.size === 0) return
      const gone = new Promise<void>((resolve) => {
        allGone = resolve
      })
      for (const member of members) end(member)
      await gone
    },
  }
}
