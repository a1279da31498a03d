import { parseJson } from '../../engine/parse-json.ts'
import { isObject } from '../../model/is-object.ts'
import type { FormulaContext } from '../context.ts'
import type { StepCall, WriteReference } from '../steps/step.ts'
import { bareReference } from './bare-reference.ts'
import { createFilling, type Filling } from './filling.ts'
import { onlyReference, parseTemplate } from './parse-template.ts'
import { resolveReference } from './resolve-reference.ts'
import { runJavaScript, type Visit } from './run-javascript.ts'

/** What is needed of a visit of a step. */
export type FillingCall = Visit & Pick<StepCall, 'properties'>

interface Filled {
  context: Pick<FormulaContext, 'runStepScript' | 'limits'>
  call: FillingCall
  filling: Filling
}

/** Properties whose value is an object or a list: a text that holds JSON is what it holds (spec 31 §2.4). */
const STRUCTURED: ReadonlySet<string> = new Set([
  ...['query', 'path', 'headers', 'form', 'list', 'args', 'subFormulaConfigs'],
  ...['downloadHeaders', 'downloadQuery', 'uploadHeaders', 'uploadQuery'],
])

/**
 * The value of a property of a step, as it is when the step is visited (spec 31 §2). It may be an object of the context itself: not to be changed.
 *
 * @param write of a text with references in it: what stands in place of one; `before` is the text up to there
 * @returns undefined: it is not set, or is one reference that leads nowhere
 * @throws ValenceError SCRIPT_BUSY, UNAVAILABLE, when a reference is JavaScript and nothing can run it; the reason of the call's signal; StepFailure
 *   when it would be larger than all that an execution holds
 */
export async function fillProperty(
  context: Pick<FormulaContext, 'runStepScript' | 'limits'>,
  call: FillingCall,
  name: string,
  write?: WriteReference,
): Promise<unknown> {
  const visit: Filled = { context, call, filling: createFilling(context, call, name) }
  const written = Object.hasOwn(call.properties, name) ? call.properties[name] : undefined
  if (typeof written !== 'string') return fill(visit, written)
  const isStructured = STRUCTURED.has(name)
  const inside = written.includes('${') ? jsonOf(written) : undefined
  if (inside !== undefined && isStructured) return fillInside(visit, inside)
  const reference = bareReference(written, name, call)
  const writing = name === 'body' && inside !== undefined ? asJsonText : write
  const value = await (reference === undefined ? fill(visit, written, writing) : resolve(visit, reference))
  return isStructured ? structured(value) : value
}

/** In JSON text, references stand inside of its texts. */
const asJsonText: WriteReference = (value) => JSON.stringify(value).slice(1, -1)

/** A property may be written as an object with texts in it. */
async function fill(visit: Filled, written: unknown, write?: WriteReference): Promise<unknown> {
  if (typeof written !== 'string') return fillMembers(written, (member) => fill(visit, member))
  if (written.trim() === '') return undefined
  const parts = parseTemplate(written)
  const only = onlyReference(parts)
  if (only !== undefined) {
    const value = await resolve(visit, only)
    await visit.filling.add(value)
    return value
  }
  let text = ''
  for (const part of parts) {
    if (part.kind === 'text') text += part.text
    else {
      const value = textOf(await resolve(visit, part.text))
      const written = write ? write(value, text) : value
      await visit.filling.add(written)
      text += written
    }
  }
  return text
}

/** JSON text with references inside of its texts: they stay texts, whatever characters the values have. */
function fillInside(visit: Filled, inside: unknown): Promise<unknown> {
  return fillMembers(inside, async (member) => {
    if (typeof member !== 'string') return fillInside(visit, member)
    return member.includes('${') ? textOf(await fill(visit, member)) : member
  })
}

async function fillMembers(holder: unknown, fillOne: (member: unknown) => Promise<unknown>): Promise<unknown> {
  if (Array.isArray(holder)) {
    const list: unknown[] = []
    for (const member of holder) list.push(await fillOne(member))
    return list
  }
  if (!isObject(holder)) return holder
  const members: [string, unknown][] = []
  for (const [name, member] of Object.entries(holder)) members.push([name, await fillOne(member)])
  return Object.fromEntries(members.filter(([, member]) => member !== undefined))
}

/** Anything that fails is undefined (spec 31 §2.3): an expression may look into what is not there in this execution. */
async function resolve({ context, call, filling }: Filled, reference: string): Promise<unknown> {
  const found = resolveReference(reference, call.scope, filling.parse)
  if (found.kind === 'value') return found.value
  return (await runJavaScript(context, call, found.text, 'expression')).value
}

/** As part of a text. What is not there, is nothing (spec 31 §2.4). */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Blank texts of configurations are as good as those of properties: not set. */
function structured(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return value.trim() === '' ? undefined : (jsonOf(value) ?? value)
}

/** @returns undefined for what is no JSON of an object or a list */
function jsonOf(text: string): unknown {
  return /^\s*[[{]/.test(text) ? parseJson(text) : undefined
}
