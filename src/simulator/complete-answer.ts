import type { HookRead } from './hook-reads.ts'
import { EVERY, type RootStep, withMember } from './root-path.ts'

/** A member that an answer should have, counted from its top. */
export interface WantedMember extends Omit<HookRead, 'from'> {
  /** only inside what is there already: scripts of the whole element read answers of many shapes */
  inside?: boolean
}

/** A made-up value for a member that only has a name. */
export type MakeValue = (name: string) => unknown

const FAILURE = /err|fault|exception|invalid|fail|denied|reason|warning/i
const STATE = /^(message|msg|status|state|code)$/i
const SUCCESS = /^(is)?(ok|success|successful|succeeded|valid|alive)$/i
const MAX_ITEMS = 100

/**
 * Turns what scripts read into members that an answer should have. Members that tell of failures stay out, unless the script
 * compares them with a value that means none.
 * @param root response root of the resource; its hooks see what lies there
 */
export function wantedMembers(
  reads: readonly HookRead[],
  root: readonly RootStep[],
  ofElement: boolean,
): WantedMember[] {
  const top = root.at(-1) === EVERY ? root.slice(0, -1) : root
  const wanted: WantedMember[] = []
  for (const { from, steps, ...read } of reads) {
    const isReachable = from === 'body' || ofElement || !top.includes(EVERY)
    if (isReachable && isHarmless(steps, read.literal)) {
      const prefix = from === 'body' || ofElement ? [] : top
      wanted.push({ ...read, steps: [...prefix, ...steps], ...(ofElement ? { inside: true } : {}) })
    }
  }
  // the deepest first: what a list holds tells more than that it is a list
  return wanted.sort((a, b) => b.steps.length - a.steps.length)
}

function isHarmless(steps: readonly RootStep[], literal: HookRead['literal']): boolean {
  const names = steps.filter((step) => typeof step === 'string')
  const last = names.at(-1) ?? ''
  if (names.some((name) => FAILURE.test(name))) return FAILURE.test(last) && (literal === 0 || literal === false)
  if (STATE.test(last)) return literal !== undefined && !FAILURE.test(String(literal))
  return typeof literal !== 'string' || !FAILURE.test(literal)
}

/** @param body changed where it can be; @returns the completed body */
export function completeAnswer(body: unknown, wanted: readonly WantedMember[], make: MakeValue): unknown {
  let result = body
  for (const member of wanted) {
    const [first] = member.steps
    if (member.inside && !(isObject(result) && typeof first === 'string' && Object.hasOwn(result, first))) continue
    result = fill(result, member.steps, member, make, '')
  }
  return result
}

function fill(
  target: unknown,
  steps: readonly RootStep[],
  wanted: WantedMember,
  make: MakeValue,
  name: string,
): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return leaf(target, wanted, make, name)
  if (typeof step === 'string') {
    if (target !== undefined && target !== null && !isObject(target)) return target
    const object = isObject(target) ? target : {}
    return withMember(
      object,
      step,
      fill(Object.hasOwn(object, step) ? object[step] : undefined, rest, wanted, make, step),
    )
  }
  if (target !== undefined && target !== null && !Array.isArray(target)) return target
  const list: unknown[] = Array.isArray(target) ? target : step === EVERY ? [undefined, undefined] : []
  if (step === EVERY) {
    for (let at = 0; at < Math.min(list.length, MAX_ITEMS); at++) list[at] = fill(list[at], rest, wanted, make, name)
    return list
  }
  while (list.length < step) list.push({})
  list[step] = fill(list[step], rest, wanted, make, name)
  return list
}

/** What is there stays, unless the script could not use it. */
function leaf(target: unknown, { literal, as, pieces }: WantedMember, make: MakeValue, name: string): unknown {
  if (pieces !== undefined) return cutText(target, pieces, make)
  if (as !== undefined) return KINDS[as](target, make, name)
  // a code for "no failure" must be it
  if ((target !== undefined && target !== null && !FAILURE.test(name)) || literal === undefined)
    return target ?? make(name)
  return literal === false && SUCCESS.test(name) ? true : literal
}

function cutText(target: unknown, pieces: readonly string[], make: MakeValue): string {
  const isFit = typeof target === 'string' && pieces.every((piece) => target.includes(piece))
  return isFit ? target : pieces.map((piece) => `${piece}${String(make('token'))}`).join('')
}

const KINDS: Record<NonNullable<HookRead['as']>, (target: unknown, make: MakeValue, name: string) => unknown> = {
  array: (target) => target ?? [],
  object: (target) => (typeof target === 'object' && target !== null ? target : {}),
  text: (target, make, name) => target ?? String(make(name)),
  number: (target) => (typeof target === 'number' ? target : 1_700_000_000),
  json: (target, make) => (isJson(target) ? target : jsonText(make)),
  base64: (target, make, name) => target ?? Buffer.from(String(make(name))).toString('base64'),
  'base64-json': (_target, make) => Buffer.from(jsonText(make)).toString('base64'),
}

function jsonText(make: MakeValue): string {
  return JSON.stringify({ id: make('id'), name: make('name') })
}

function isJson(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the scripts of a resource take its answer for, when they say so. */
export function expectedKind(reads: readonly HookRead[]): 'list' | 'object' | 'text' | undefined {
  const ofValue = reads.filter(({ from, steps, literal }) => from === 'value' && isHarmless(steps, literal))
  if (ofValue.some(({ steps, as }) => steps.length === 0 && as === 'text')) return 'text'
  const isList = ({ steps, as }: HookRead) => (steps.length === 0 ? as === 'array' : typeof steps[0] !== 'string')
  if (ofValue.some(isList)) return 'list'
  return ofValue.some(({ steps }) => typeof steps[0] === 'string') ? 'object' : undefined
}
