/**
 * The source of a script as V8 gets it: a function with the variables and `done` as its parameters, so that they can be
 * assigned (spec 11 §6.2). Legacy scripts were written for an engine without strict mode.
 */
export function wrapScript(body: string, names: readonly string[], isLegacy: boolean): string {
  const strict = isLegacy ? '' : "'use strict';"
  return `(function (${[...names, 'done'].join(', ')}) {${strict}${body}\n})`
}
