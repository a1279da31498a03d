import { provideAxios } from './axios.ts'
import { provideBase64 } from './base64.ts'
import { provideBuffer, provideBufferMaker } from './buffer.ts'
import { provideCe } from './ce.ts'
import { provideConsole } from './console.ts'
import { provideCountries } from './countries.ts'
import { provideCrypto } from './crypto.ts'
import { provideDress } from './dress-variables.ts'
import { provideEvents } from './events.ts'
import { provideHttpCall } from './http-call.ts'
import { provideHttpModules } from './http-modules.ts'
import { provideKeepContext } from './keep-context.ts'
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
  provideBufferMaker,
  provideBuffer,
  provideCrypto,
  provideCe,
  provideCountries,
  provideEvents,
  provideRequire,
  provideUrl,
  provideHttpCall,
  provideRunRecords,
  provideRunStep,
  provideKeepContext,
]

/** Pieces that provide nothing but modules: each when one of these is asked for, because every script pays for what is made before it. */
const OF_MODULES: readonly [Provide, names: readonly string[]][] = [
  [provideUtil, ['util']],
  [provideHttpModules, ['http', 'https']],
  [provideAxios, ['axios']],
  [provideRequest, ['request']],
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
const libraries = () => ({${libraries.join(',\n')}})
return (() => {
'use strict'
let files
const scope = {
  global: globalThis,
  modules: Object.create(null),
  entries: Object.create(null),
  resets: [],
  isSpent: false,
  get files() { return (files ??= libraries()) },
  limits: ${JSON.stringify(limits)},
}
for (const provide of [${PIECES.join(',\n')}]) provide(scope)
${OF_MODULES.map(([provide, names]) => laterSource(String(provide), names)).join('\n')}
scope.entries.legacy = () => {
  (${provideLegacy})(scope)
  scope.entries.legacy()
}
return scope.enter
})()
})()`
}

/** The piece replaces what stands here for its modules. */
function laterSource(piece: string, names: readonly string[]): string {
  return names
    .map((name) => JSON.stringify(name))
    .map((name) => `scope.modules[${name}] = () => { later${names[0]}(scope); return scope.modules[${name}]() }`)
    .concat(`const later${names[0]} = ${piece}`)
    .join('\n')
}
