import { EVERY, type RootStep } from './root-path.ts'
import type { ScriptToken } from './script-tokens.ts'

/** `.name`, `?.name`, `['name']`, `[0]`; `[anything else]` is every item. `end` is the place after it. */
export function nextStep(tokens: readonly ScriptToken[], at: number): { step: RootStep; end: number } | undefined {
  const [mark, inner, close] = [tokens[at], tokens[at + 1], tokens[at + 2]]
  if (isMark(mark, '.', '?.') && inner?.kind === 'name') return { step: inner.text, end: at + 2 }
  if (!isMark(mark, '[') || inner === undefined) return undefined
  if (isMark(close, ']') && inner.kind === 'text') return { step: inner.text, end: at + 3 }
  if (isMark(close, ']') && inner.kind === 'number') return { step: Math.min(Number(inner.text) || 0, 20), end: at + 3 }
  let depth = 0
  for (let end = at; end < Math.min(tokens.length, at + 60); end++) {
    if (isMark(tokens[end], '[')) depth++
    if (isMark(tokens[end], ']') && --depth === 0) return { step: EVERY, end: end + 1 }
  }
  return undefined
}

/** `(x) =>`, `x =>`, `function (x)`: the name of the first parameter. */
export function callbackParameter(tokens: readonly ScriptToken[], at: number): string | undefined {
  let place = at
  if (tokens[place]?.text === 'function') {
    place++
    if (tokens[place]?.kind === 'name') place++
  }
  if (isMark(tokens[place], '(')) place++
  const name = tokens[place]
  return name?.kind === 'name' ? name.text : undefined
}

/** `.split('<a>')[1].split('</a>')[0]`: the texts in order. */
export function splitTexts(tokens: readonly ScriptToken[], at: number, method: string): string[] {
  const pieces: string[] = []
  let [place, name] = [at, method]
  while (name === 'split' && tokens[place + 1]?.kind === 'text' && isMark(tokens[place + 2], ')')) {
    pieces.push(tokens[place + 1]?.text ?? '')
    const index = nextStep(tokens, place + 3)
    const next = index && nextStep(tokens, index.end)
    if (next === undefined || typeof next.step !== 'string' || !isMark(tokens[next.end], '(')) break
    ;[place, name] = [next.end, next.step]
  }
  return pieces
}

export function literalOf(token: ScriptToken): string | number | boolean | undefined {
  if (token.kind === 'text') return token.text.slice(0, 200)
  if (token.kind === 'number') return Number.isNaN(Number(token.text)) ? undefined : Number(token.text)
  return token.text === 'true' ? true : token.text === 'false' ? false : undefined
}

/** Whether the texts are the ones before a place. */
export function endsWith(tokens: readonly ScriptToken[], end: number, texts: readonly string[]): boolean {
  return texts.every((text, at) => tokens[end - texts.length + at]?.text === text)
}

export function isMark(token: ScriptToken | undefined, ...texts: string[]): boolean {
  return token?.kind === 'mark' && texts.includes(token.text)
}
