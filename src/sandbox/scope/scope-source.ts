import { provideAxios } from './axios.ts'
import { provideBase64 } from './base64.ts'
import { provideBuffer } from './buffer.ts'
import { provideCe } from './ce.ts'
import { provideConsole } from './console.ts'
import { provideCountries } from './countries.ts'
import { provideCrypto } from './crypto.ts'
import { provideDress } from './dress-variables.ts'
import { provideEvents } from './events.ts'
import { provideHttpCall } from './http-call.ts'
import { provideHttpModules } from './http-modules.ts'
import { provideLegacy } from './legacy.ts'
import { provideNotify } from './notify.ts'
import { removeGlobals } from './remove-globals.ts'
import { provideRequest } from './request.ts'
import { provideRequire } from './require.ts'
import { provideRunRecords } from './run-records.ts'
import { provideRunScript } from './run-script.ts'
import { provideRunStep } from './run-step.ts'
import type { Provide, ScopeLimits } from './scope.ts'
import { provideShow } from './show.ts'
import { provideTimers } from './timers.ts'
import { provideUrl } from './url.ts'
import { provideUtf8 } from './utf8.ts'
import { provideUtil } from './util.ts'

/** In this order: a piece may use what those before it provide. */
const PIECES: readonly Provide[] = [
  removeGlobals,
  provideShow,
  provideRunScript,
  provideDress,
  provideConsole,
  provideNotify,
  provideTimers,
  provideUtf8,
  provideBase64,
  provideBuffer,
  provideCrypto,
  provideCe,
  provideCountries,
  provideEvents,
  provideUtil,
  provideRequire,
  provideUrl,
  provideHttpCall,
  provideHttpModules,
  provideAxios,
  provideRequest,
  provideLegacy,
  provideRunRecords,
  provideRunStep,
]

/**
 * The program that prepares a context. Its value is `scope.enter`, the only function the runner ever calls there.
 * The pieces are sent as their own text: whatever made JavaScript of them (Node or `tsc`), this is what runs. Libraries
 * stand outside of strict mode, which not all were written for; each runs when a script asks for it.
 * @param files sources of libraries by path, CommonJS
 */
export function scopeSource(limits: ScopeLimits, files: ReadonlyMap<string, string>): string {
  const libraries = [...files].map(
    ([path, source]) => `${JSON.stringify(path)}: function (module, exports, require) {${source}\n}`,
  )
  return `(() => {
const files = {${libraries.join(',\n')}}
return (() => {
'use strict'
const scope = { global: globalThis, modules: Object.create(null), entries: Object.create(null), files, limits: ${JSON.stringify(limits)} }
for (const provide of [${PIECES.join(',\n')}]) provide(scope)
return scope.enter
})()
})()`
}
