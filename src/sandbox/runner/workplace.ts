import type { Context, ExternalCopy, Isolate, Reference, Script } from 'isolated-vm'
import { LIMITS } from '../limits.ts'
import { endProcess } from './end-process.ts'

type IsolatedVm = typeof import('isolated-vm')

/** A context in which one script will run. */
export interface PreparedContext {
  context: Context
  /** `Scope.enter` */
  enter: Reference
}

/** One isolate with what is prepared in it: compiled scripts, and a fresh context for the next one. */
export interface Workplace {
  readonly isolate: Isolate
  /** Gives away the fresh context; each serves one script. */
  takeContext(): Promise<PreparedContext>
  /**
   * Sees to it that `takeContext` need not wait.
   * @param library one that the next script is likely to need, because it takes long to begin
   */
  prepare(library?: string): Promise<void>
  /** @throws SyntaxError */
  compile(source: string): Promise<Script>
  /** it has served for long enough, or scripts have left too much in it */
  isWorn(): Promise<boolean>
  dispose(): void
}

const MOST_USES = 2_000
/** Half of what a script may use: what one script leaves must not be missing to the next. */
const MOST_LEFT_BYTES = (LIMITS.memoryMb * 1024 * 1024) / 2
const MOST_SCRIPTS = 200
const MOST_SCRIPT_CHARACTERS = 8_000_000

/** Makes workplaces; the scope's code is compiled once and then read back by each new isolate. */
export function createWorkshop(ivm: IsolatedVm, scopeSource: string): () => Promise<Workplace> {
  let cachedData: ExternalCopy<ArrayBuffer> | undefined

  return async () => {
    const isolate = new ivm.Isolate({ memoryLimit: LIMITS.memoryMb, onCatastrophicError })
    const scope = await isolate.compileScript(scopeSource, {
      filename: 'valence:scope',
      ...(cachedData ? { cachedData } : { produceCachedData: true }),
    })
    cachedData ??= (scope as { cachedData?: ExternalCopy<ArrayBuffer> }).cachedData
    return createWorkplace(isolate, scope)
  }
}

/** V8 has lost control of an isolate; what is written here tells the hub why this process ends. */
function onCatastrophicError(message: string): void {
  process.stderr.write(`${message}\n`)
  endProcess()
}

function createWorkplace(isolate: Isolate, scope: Script): Workplace {
  const scripts = new Map<string, Script>()
  let characters = 0
  let uses = 0
  let next: Promise<PreparedContext> | undefined

  const freshContext = async (): Promise<PreparedContext> => {
    const context = await isolate.createContext()
    return { context, enter: (await scope.run(context, { reference: true })) as Reference }
  }

  function forget(source: string): void {
    scripts.get(source)?.release()
    scripts.delete(source)
    characters -= source.length
  }

  return {
    isolate,
    takeContext() {
      const taken = next ?? freshContext()
      next = undefined
      uses++
      return taken
    },
    async prepare(library) {
      next ??= freshContext()
      const { enter } = await next
      if (library !== undefined) await enter.apply(undefined, ['preload', library])
    },
    async compile(source) {
      const known = scripts.get(source)
      if (known) return known
      const script = await isolate.compileScript(source, { filename: 'script' })
      scripts.set(source, script)
      characters += source.length
      for (const oldest of scripts.keys()) {
        if (scripts.size <= MOST_SCRIPTS && characters <= MOST_SCRIPT_CHARACTERS) break
        if (oldest !== source) forget(oldest)
      }
      return script
    },
    async isWorn() {
      return uses >= MOST_USES || (await isolate.getHeapStatistics()).used_heap_size > MOST_LEFT_BYTES
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose()
    },
  }
}
