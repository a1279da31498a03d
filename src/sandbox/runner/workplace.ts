import type { ExternalCopy, Isolate, Reference, Script } from 'isolated-vm'
import { LIMITS } from '../limits.ts'
import type { RunMessage } from '../messages.ts'
import { endProcess } from './end-process.ts'
import { createKeptContexts, heldBytes, MOST_LEFT_BYTES } from './kept-contexts.ts'
import { type PreparedContext, release } from './prepared-context.ts'
import { refuseOutside, wrapScript } from './wrap-script.ts'

type IsolatedVm = typeof import('isolated-vm')

/**
 * One isolate with what is prepared in it: compiled scripts, a fresh context for the next one, and some that are kept for scripts that share. What runs
 * here on the thread of the process is our own code; scripts of strangers run on others (`run-call.ts`).
 */
export interface Workplace {
  readonly isolate: Isolate
  /** For a script that may share, the context that is kept for it, if there is one. */
  takeContext(script: Pick<RunMessage, 'sharing' | 'isLegacy'>): PreparedContext
  /** The context's script is over. `prepare` looks whether another one may follow. @param isClean nothing of it was stopped */
  giveBack(context: PreparedContext, isClean: boolean): void
  /**
   * Sees to it that the next script need not wait.
   * @param library one that it is likely to need, because it takes long to begin
   */
  prepare(library?: string): void
  /** Its value is the function of the script. @throws SyntaxError */
  compile(script: Pick<RunMessage, 'body' | 'names' | 'isLegacy'>): Promise<Script>
  /** it has served for long enough, or scripts have left too much in it */
  isWorn(): boolean
  dispose(): void
}

const MOST_USES = 2_000
/** Who computes for longer gains nothing by sharing, and can leave so much that to look at it takes long. */
const SHORT_NS = 20_000_000n
const MOST_SCRIPTS = 200
const MOST_SCRIPT_CHARACTERS = 8_000_000
/** Much of what is found there may be garbage, and a new isolate takes milliseconds. */
const LOOKS_EVERY = 16

/** Makes workplaces; the scope's code is compiled once and then read back by each new isolate. */
export function createWorkshop(ivm: IsolatedVm, scopeSource: string): () => Workplace {
  let cachedData: ExternalCopy<ArrayBuffer> | undefined

  return () => {
    const isolate = new ivm.Isolate({ memoryLimit: LIMITS.memoryMb, onCatastrophicError })
    const scope = isolate.compileScriptSync(scopeSource, {
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
  let next: PreparedContext | undefined
  let given: PreparedContext | undefined
  let cpuBefore = 0n
  const kept = createKeptContexts(isolate)

  const freshContext = (): PreparedContext => {
    const context = isolate.createContextSync()
    return { context, enter: scope.runSync(context, { reference: true }) as Reference }
  }

  function forget(source: string): void {
    scripts.get(source)?.release()
    scripts.delete(source)
    characters -= source.length
  }

  return {
    isolate,
    takeContext({ sharing, isLegacy }) {
      uses++
      // legacy scripts find more in theirs
      const name = sharing === undefined ? undefined : `${isLegacy ? 'legacy' : 'plain'} ${sharing}`
      const shared = name === undefined ? undefined : kept.take(name)
      cpuBefore = isolate.cpuTime
      if (shared) return shared
      const taken = next ?? freshContext()
      next = undefined
      if (name === undefined || !kept.comesAgain(name)) return taken
      taken.enter.applySync(undefined, ['keep', isLegacy])
      return { ...taken, sharing: name }
    },
    giveBack(prepared, isClean) {
      const isShort = () => isolate.cpuTime - cpuBefore < SHORT_NS
      if (isClean && prepared.sharing !== undefined && isShort()) given = prepared
      else release(isolate, prepared)
    },
    prepare(library) {
      if (given?.sharing !== undefined) kept.giveBack(given, given.sharing)
      given = undefined
      if (isolate.isDisposed) return
      next ??= freshContext()
      if (library !== undefined) next.enter.applySync(undefined, ['preload', library])
    },
    async compile({ body, names, isLegacy }) {
      const source = wrapScript(body, names, isLegacy)
      const known = scripts.get(source)
      if (known) return known
      const script = await isolate.compileScript(source, { filename: 'script' })
      try {
        refuseOutside(body, names, isLegacy)
      } catch (error) {
        script.release()
        throw error
      }
      scripts.set(source, script)
      characters += source.length
      for (const oldest of scripts.keys()) {
        if (scripts.size <= MOST_SCRIPTS && characters <= MOST_SCRIPT_CHARACTERS) break
        if (oldest !== source) forget(oldest)
      }
      return script
    },
    isWorn() {
      if (uses >= MOST_USES) return true
      return uses % LOOKS_EVERY === 0 && heldBytes(isolate) > MOST_LEFT_BYTES
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose()
    },
  }
}
