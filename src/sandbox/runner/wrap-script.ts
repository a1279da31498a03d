import { compileFunction } from 'node:vm'

/**
 * The source of a script as V8 gets it: a function with the variables and `done` as its parameters, so that they can be
 * assigned (spec 11 §6.2). Legacy scripts were written for an engine without strict mode.
 */
export function wrapScript(body: string, names: readonly string[], isLegacy: boolean): string {
  return `(function (${[...names, 'done'].join(', ')}) {${prologue(isLegacy)}${body}\n})`
}

/**
 * Whether the text ends the function around it and goes on behind, where it would run before anything watches it. Here it is parsed as the body of a
 * function and nothing else; it is not run.
 * @throws SyntaxError
 */
export function refuseOutside(body: string, names: readonly string[], isLegacy: boolean): void {
  // at the very beginning `#!` would begin a comment
  compileFunction(` ${prologue(isLegacy)}${body}\n`, [...names, 'done'])
}

function prologue(isLegacy: boolean): string {
  return isLegacy ? '' : "'use strict';"
}
