import { isDeepStrictEqual } from 'node:util'
import type { ContextChanges } from './outcome.ts'
import { type Frame, put } from './state.ts'

/**
 * What a script left in the objects it was shown, written into the very objects of the context: what else refers to them sees it, as it would in
 * one program (spec 31 §4). Where objects changed places, so that one object would have to be two things, the values count, and places that shared
 * an object share it no longer.
 */
export function applyChanges(frame: Frame, changes: ContextChanges): void {
  const roots = (['config', 'steps', 'trigger'] as const).flatMap((root) => {
    const of = changes[root]
    return of ? [{ target: frame[root], ...of }] : []
  })
  for (const { target, set, gone } of roots) {
    for (const name of gone) delete target[name]
    for (const [name, value] of Object.entries(set)) put(target, name, blended(own(target, name), value))
  }
  for (const { target, set } of roots) {
    for (const [name, value] of Object.entries(set)) {
      if (!isDeepStrictEqual(own(target, name), value)) put(target, name, structuredClone(value))
    }
  }
}

/** @returns `current` itself, made equal to `wanted`, where both are of one kind; `wanted` otherwise */
function blended(current: unknown, wanted: unknown): unknown {
  if (typeof wanted !== 'object' || wanted === null) return wanted
  if (typeof current !== 'object' || current === null) return wanted
  if (Array.isArray(current) !== Array.isArray(wanted)) return wanted
  if (Array.isArray(current)) {
    const list = wanted as unknown[]
    current.length = list.length
    for (const [at, value] of list.entries()) current[at] = blended(current[at], value)
    return current
  }
  const [target, members] = [current as Record<string, unknown>, wanted as Record<string, unknown>]
  for (const name of Object.keys(target)) if (!Object.hasOwn(members, name)) delete target[name]
  for (const [name, value] of Object.entries(members)) put(target, name, blended(own(target, name), value))
  return target
}

function own(target: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(target, name) ? target[name] : undefined
}
