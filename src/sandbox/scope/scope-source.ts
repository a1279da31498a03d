import { provideConsole } from './console.ts'
import { provideDress } from './dress-variables.ts'
import { removeGlobals } from './remove-globals.ts'
import { provideRunScript } from './run-script.ts'
import type { Provide, ScopeLimits } from './scope.ts'
import { provideShow } from './show.ts'
import { provideTimers } from './timers.ts'

const PIECES: readonly Provide[] = [
  removeGlobals,
  provideShow,
  provideRunScript,
  provideDress,
  provideConsole,
  provideTimers,
]

/**
 * The program that prepares a context. Its value is `scope.enter`, the only function the runner ever calls there.
 * The pieces are sent as their own text: whatever made JavaScript of them (Node or `tsc`), this is what runs.
 */
export function scopeSource(limits: ScopeLimits): string {
  return `(() => {
'use strict'
const scope = { global: globalThis, modules: Object.create(null), entries: Object.create(null), limits: ${JSON.stringify(limits)} }
for (const provide of [${PIECES.join(',\n')}]) provide(scope)
return scope.enter
})()`
}
