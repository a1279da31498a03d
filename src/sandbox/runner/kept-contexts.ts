import type { Isolate } from 'isolated-vm'
import { LIMITS } from '../limits.ts'
import { type PreparedContext, release } from './prepared-context.ts'

/** Each has about 300 KB of the isolate. */
const MOST_KEPT = 16
/** For who does not come again so soon it would not pay to note what is in a context. */
const MOST_REMEMBERED = 200
/** Half of what a script may use: what one script leaves must not be missing to the next. */
export const MOST_LEFT_BYTES = (LIMITS.memoryMb * 1024 * 1024) / 2

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
      // the memory first: the look needs some
      const isAsItWas = heldBytes(isolate) < MOST_LEFT_BYTES && prepared.enter.applySync(undefined, ['reset']) === true
      if (isAsItWas) kept.set(name, prepared)
      else release(isolate, prepared)
      if (kept.size <= MOST_KEPT) return
      const oldest = first(kept.keys())
      release(isolate, kept.get(oldest) as PreparedContext)
      kept.delete(oldest)
    },
  }
}

/** What a script has hidden stays as long as its context does, garbage does not. */
export function heldBytes(isolate: Isolate): number {
  const { used_heap_size, externally_allocated_size } = isolate.getHeapStatisticsSync()
  return used_heap_size + externally_allocated_size
}

function first(names: Iterable<string>): string {
  const [name = ''] = names
  return name
}
