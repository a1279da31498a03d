import type { Logger } from 'pino'
import type { Hub } from '../main.ts'

/** A container is killed after 30 s by default. */
const DRAIN_MS = 25_000

/**
 * Waits for SIGTERM or SIGINT, then drains and closes. A second signal, or a drain that takes too long, ends at once.
 * Exit code 0 after a signal, 1 when the hub failed.
 */
export async function untilStopped(hub: Pick<Hub, 'close' | 'failed'>, log: Logger): Promise<void> {
  const reason = await Promise.race([signal('SIGTERM'), signal('SIGINT'), hub.failed])
  if (reason instanceof Error) {
    log.fatal(reason.message)
    process.exitCode = 1
  } else {
    log.info({ signal: reason }, 'stopping')
  }
  const abort = (why: string) => {
    log.error(`stopped without draining: ${why}`)
    process.exit(1)
  }
  process.once('SIGTERM', () => abort('a second signal'))
  process.once('SIGINT', () => abort('a second signal'))
  setTimeout(() => abort(`requests were still running after ${DRAIN_MS / 1000} s`), DRAIN_MS).unref()
  await hub.close()
  process.exit()
}

/** A signal during the start ends the process at once, and the embedded database with it (it hears of the exit). */
export async function interruptible<T>(start: () => Promise<T>): Promise<T> {
  const leave = () => process.exit(130)
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
  try {
    return await start()
  } finally {
    process.off('SIGTERM', leave)
    process.off('SIGINT', leave)
  }
}

function signal(name: 'SIGTERM' | 'SIGINT'): Promise<string> {
  return new Promise((resolve) => process.once(name, () => resolve(name)))
}
