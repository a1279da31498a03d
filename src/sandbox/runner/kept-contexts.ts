import type { Isolate } from 'isolated-vm'
import { type PreparedContext, release } from './prepared-context.ts'

/** Each has about 250 KB of the isolate. */
const MOST_KEPT = 16
/** For who does not come again so soon it would not pay to note what is in a context. */
const MOST_REMEMBERED = 200
/** To look at what a script left takes less than a millisecond, unless it left something that has no end. */
const LOOK_MS = 250

/** Contexts of an isolate that wait for the next script of those that may share them (`scope/keep-context.ts`). */
export interface KeptContexts {
  take(name: string): PreparedContext | undefined
  /** @returns whether it was asked before, lately: then a context is worth keeping */
  comesAgain(name: string): boolean
  /** Keeps it if the script left it as it was. */
  giveBack(prepared: PreparedContext, name: string): void
}

export function createKeptContexts(isolate: Isolate): KeptContexts {
  /** the one that was used last stands last */
  const kept = new Map<string, PreparedContext>()
  const remembered = new Set<string>()

  return {
    take(name) {
      const found = kept.get(name)
      kept.delete(name)
      return found
    },
    comesAgain(name) {
      const isKnown = remembered.delete(name)
      remembered.add(name)
      if (remembered.size > MOST_REMEMBERED) remembered.delete(first(remembered))
      return isKnown
    },
    giveBack(prepared, name) {
      if (isAsItWas(prepared)) kept.set(name, prepared)
      else release(isolate, prepared)
      if (kept.size <= MOST_KEPT) return
      const oldest = first(kept.keys())
      release(isolate, kept.get(oldest) as PreparedContext)
      kept.delete(oldest)
    },
  }
}

/** Where the script has bent what is looked at, the look itself may fail. */
function isAsItWas({ enter }: PreparedContext): boolean {
  try {
    return enter.applySync(undefined, ['reset'], { timeout: LOOK_MS }) === true
  } catch {
    return false
  }
}

function first(names: Iterable<string>): string {
  const [name = ''] = names
  return name
}
