import type { Logger } from 'pino'
import type { Hub } from '../main.ts'

/** A container is killed after 30 s by default. */
const DRAIN_MS = 25_000

/** SIGTERM and SIGINT, heard without a gap from before the start to the end. */
export interface StopSignals {
  /** the start is over: from here a signal asks for a drain. @returns its name, when it comes */
  afterStart(): Promise<string>
}

/**
 * Begins to listen. A signal during the start ends the process at once, and the embedded database with it (it hears of
 * the exit); the first one after it asks for a drain, a second one does not wait for that.
 */
export function listenForStop(log: Logger): StopSignals {
  const asked = Promise.withResolvers<string>()
  let isStarting = true
  let isStopping = false
  const hear = (signal: string) => {
    if (isStarting) process.exit(130)
    if (isStopping) abort(log, 'a second signal')
    isStopping = true
    asked.resolve(signal)
  }
  // a promise that nobody listened to is a bug of one request, not a reason to drop all the others
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  process.on('SIGTERM', hear)
  process.on('SIGINT', hear)
  return {
    afterStart() {
      isStarting = false
      return asked.promise
    },
  }
}

/**
 * Waits for SIGTERM or SIGINT, then drains and closes. A second signal, or a drain that takes too long, ends at once.
 * Exit code 0 after a signal, 1 when the hub failed.
 */
export async function untilStopped(
  hub: Pick<Hub, 'close' | 'failed'>,
  log: Logger,
  signals: StopSignals,
): Promise<void> {
  const reason = await Promise.race([signals.afterStart(), hub.failed])
  if (reason instanceof Error) {
    log.fatal(reason.message)
    process.exitCode = 1
  } else {
    log.info({ signal: reason }, 'stopping')
  }
  setTimeout(() => abort(log, `requests were still running after ${DRAIN_MS / 1000} s`), DRAIN_MS).unref()
  await hub.close()
  process.exit()
}

function abort(log: Logger, why: string): never {
  log.error(`stopped without draining: ${why}`)
  process.exit(1)
}
