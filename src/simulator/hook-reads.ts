import type { Hook } from '../model/element.ts'
import { EVERY, type RootStep } from './root-path.ts'
import { callbackParameter, endsWith, isMark, literalOf, nextStep, splitTexts } from './script-steps.ts'
import { type ScriptToken, scriptTokens } from './script-tokens.ts'

/** A member of the vendor's answer that a script looks at. */
export interface HookRead {
  steps: RootStep[]
  /** `value` counts from the response root, `body` from the whole answer */
  from: 'value' | 'body'
  /** what the script compares it with */
  literal?: string | number | boolean
  as?: 'array' | 'object' | 'text' | 'number' | 'json' | 'base64' | 'base64-json'
  /** texts that it is split at, in order */
  pieces?: string[]
}

export interface HookReads {
  members: HookRead[]
  /** response headers, lower-case */
  headers: string[]
}

interface Chain {
  steps: RootStep[]
  from: 'value' | 'body'
}

const BASES: Record<string, Chain['from']> = {
  response_body: 'value',
  response_body_map: 'value',
  response_body_raw: 'body',
  response_body_raw_map: 'body',
}
const MAX_READS = 300
const MAX_STEPS = 12
const LIST_METHODS = new Set(
  'forEach map filter find findIndex some every reduce flatMap push concat sort slice splice pop shift unshift'.split(
    ' ',
  ),
)
const ELEMENT_METHODS = new Set('forEach map filter find findIndex some every flatMap'.split(' '))
const TEXT_METHODS = new Set(
  'split indexOf includes replace match substring substr trim toLowerCase toUpperCase startsWith endsWith'.split(' '),
)
const NO_MEMBERS = new Set(['length', 'hasOwnProperty', 'keys', 'then', 'constructor', 'prototype', '__proto__'])

/**
 * What post hooks read of the vendor's answer, told from their text by simple means: `response_body.a.b['c'][0]`, variables
 * that stand for a part of it, elements of lists in callbacks and `for … of`. It is never run. What is missed makes an answer
 * less complete, nothing else.
 */
export function hookReads(hooks: readonly Hook[]): HookReads {
  const reads: HookReads = { members: [], headers: [] }
  for (const { type, body } of hooks) {
    if (type === 'postRequest' && typeof body === 'string') collect(scriptTokens(body), reads)
  }
  return reads
}

function collect(tokens: readonly ScriptToken[], reads: HookReads): void {
  const known = new Map<string, Chain>(Object.entries(BASES).map(([name, from]) => [name, { steps: [], from }]))
  for (let at = 0; at < tokens.length && reads.members.length < MAX_READS; at++) {
    const token = tokens[at]
    if (token?.kind !== 'name' || isMark(tokens[at - 1], '.', '?.')) continue
    if (token.text === 'response_headers') readHeader(tokens, at, reads)
    const base = known.get(token.text)
    if (base) at = Math.max(at, readChain(tokens, at, base, known, reads) - 1)
  }
}

function readHeader(tokens: readonly ScriptToken[], at: number, reads: HookReads): void {
  const name = isMark(tokens[at + 1], '[') ? tokens[at + 2] : isMark(tokens[at + 1], '.') ? tokens[at + 2] : undefined
  if (name && name.kind !== 'mark' && /^[\w-]{1,60}$/.test(name.text)) reads.headers.push(name.text.toLowerCase())
}

/** @returns the place after the chain */
function readChain(
  tokens: readonly ScriptToken[],
  start: number,
  base: Chain,
  known: Map<string, Chain>,
  reads: HookReads,
): number {
  const chain: Chain = { steps: [...base.steps], from: base.from }
  const read: HookRead = { ...chain }
  let at = start + 1
  let method: string | undefined
  while (method === undefined && chain.steps.length < MAX_STEPS) {
    const next = nextStep(tokens, at)
    if (next === undefined) break
    if (typeof next.step === 'string' && isMark(tokens[next.end], '(')) method = next.step
    else if (NO_MEMBERS.has(String(next.step))) break
    else chain.steps.push(next.step)
    at = next.end
  }
  if (isMark(tokens[at], '=')) {
    // `body.fields.id = 1`: what is written into must be there
    const holder = chain.steps.slice(0, -1)
    if (holder.length > base.steps.length) reads.members.push({ steps: holder, from: chain.from, as: 'object' })
    return at + 1
  }
  read.steps = chain.steps
  if (method !== undefined) readMethod(tokens, at, method, read, known)
  else readUse(tokens, start, at, read)
  const isWhole = method === undefined || LIST_METHODS.has(method)
  if (isWhole) learnNames(tokens, start, chain, known, read)
  while (read.steps.at(-1) === EVERY) read.steps = read.steps.slice(0, -1)
  if (chain.steps.length > base.steps.length || read.as !== undefined) reads.members.push(read)
  return at
}

function readMethod(
  tokens: readonly ScriptToken[],
  at: number,
  method: string,
  read: HookRead,
  known: Map<string, Chain>,
): void {
  if (LIST_METHODS.has(method)) read.as = 'array'
  if (ELEMENT_METHODS.has(method)) {
    const item = callbackParameter(tokens, at + 1)
    if (item !== undefined) known.set(item, { steps: [...read.steps, EVERY], from: read.from })
  }
  if (TEXT_METHODS.has(method)) {
    read.as = 'text'
    const pieces = splitTexts(tokens, at, method)
    if (pieces.length > 0) read.pieces = pieces
  }
}

/** What stands beside the chain: a comparison, a calculation, a decoding call. */
function readUse(tokens: readonly ScriptToken[], start: number, end: number, read: HookRead): void {
  const [next, value] = [tokens[end], tokens[end + 1]]
  if (isMark(next, '===', '==') && value) read.literal = literalOf(value)
  else if (isMark(next, '*', '%') || isMark(tokens[start - 1], '*', '%')) read.as = 'number'
  const isParsed = endsWith(tokens, start, ['JSON', '.', 'parse', '('])
  const isDecoded = endsWith(tokens, start, ['CE', '.', 'decode64', '('])
  const isBoth = isDecoded && endsWith(tokens, start - 4, ['JSON', '.', 'parse', '('])
  if (isBoth) read.as = 'base64-json'
  else if (isDecoded) read.as = 'base64'
  else if (isParsed && read.steps.length > 0) read.as = 'json'
}

/** Variables that stand for the chain from here on. */
function learnNames(
  tokens: readonly ScriptToken[],
  start: number,
  chain: Chain,
  known: Map<string, Chain>,
  read: HookRead,
): void {
  let before = start
  if (chain.steps.length === 0 && endsWith(tokens, before, ['JSON', '.', 'parse', '('])) before -= 4
  const [mark, name] = [tokens[before - 1], tokens[before - 2]]
  if (mark?.text === 'of' && name?.kind === 'name') {
    read.as = 'array'
    known.set(name.text, { steps: [...chain.steps, EVERY], from: chain.from })
  }
  if (!isMark(mark, '=') || read.as === 'json') return
  if (name?.kind === 'name' && !isMark(tokens[before - 3], '.', '?.')) known.set(name.text, chain)
  if (isMark(name, '}')) {
    for (let at = before - 3; at > before - 40 && tokens[at] && !isMark(tokens[at], '{'); at--) {
      const member = tokens[at]
      if (member?.kind === 'name') known.set(member.text, { steps: [...chain.steps, member.text], from: chain.from })
    }
  }
}
