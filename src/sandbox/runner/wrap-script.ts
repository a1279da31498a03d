/**
 * The source of a script as V8 gets it: a function with the variables and `done` as its parameters, so that they can be
 * assigned (spec 11 §6.2). Legacy scripts were written for an engine without strict mode.
 */
export function wrapScript(body: string, names: readonly string[], isLegacy: boolean): string {
  return `(function (${[...names, 'done'].join(', ')}) {${prologue(isLegacy)}${body}\n})`
}

/**
 * Sees to it that the text does not end the function around it and go on behind, where it would run before anything watches it. Here it is parsed as
 * the body of a function and nothing else, and never run. (`compileFunction` of `node:vm` would keep each text in memory.)
 * @param body has been parsed within the wrapper, without an error
 * @throws SyntaxError
 */
export function refuseOutside(body: string, names: readonly string[], isLegacy: boolean): void {
  try {
    new Function(...names, 'done', prologue(isLegacy) + body)
  } catch (error) {
    // V8 speaks of a wrapper of its own; the words are those for one brace too many
    throw error instanceof SyntaxError ? new SyntaxError("Unexpected token '}'", { cause: error }) : error
  }
}

function prologue(isLegacy: boolean): string {
  return isLegacy ? '' : "'use strict';"
}
