/** One word of a script: enough to find member accesses, far from a parser. */
export interface ScriptToken {
  kind: 'name' | 'text' | 'number' | 'mark'
  /** names and marks as written, texts without their quotes */
  text: string
}

const MAX_CHARACTERS = 100_000
const MAX_TOKENS = 20_000
// In this order: blanks, comments, texts, templates, names, numbers, marks. A text ends at its line at the latest, so that
// every alternative matches where it begins and nothing is read twice.
const TOKEN =
  /\s+|\/\/[^\n]*|(?<comment>\/\*)|(?<text>"(?:[^"\\\n]|\\[\s\S])*\\?(?:"|\n|$)|'(?:[^'\\\n]|\\[\s\S])*\\?(?:'|\n|$))|(?<template>`(?:[^`\\]|\\[\s\S])*\\?(?:`|$))|(?<name>[A-Za-z_$][\w$]*)|(?<number>\d[\w.]*)|(?<mark>===|!==|==|!=|=>|<=|>=|&&|\|\||\?\.|[\s\S])/y

/** @returns the words of a script in order; what cannot be read is passed over */
export function scriptTokens(script: string): ScriptToken[] {
  const text = script.slice(0, MAX_CHARACTERS)
  const tokens: ScriptToken[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length && tokens.length < MAX_TOKENS) {
    const found = TOKEN.exec(text)
    if (found === null) break
    const { comment, text: quoted, template, name, number, mark } = found.groups ?? {}
    if (comment !== undefined) TOKEN.lastIndex = endOfComment(text, TOKEN.lastIndex)
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unquoted(quoted) })
    else if (template !== undefined) tokens.push({ kind: 'text', text: template.slice(1, -1) })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
  }
  return tokens
}

function endOfComment(text: string, from: number): number {
  const end = text.indexOf('*/', from)
  return end < 0 ? text.length : end + 2
}

function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, '$1')
}
