import { ValenceError } from '../errors.ts'
import { JsonText } from '../model/exchange.ts'
import { LIMITS } from './limits.ts'
import { isMentioned, type Mentioned, mentionsOf } from './mentions.ts'
import type { RunMessage, StepFacts } from './messages.ts'
import type { RecordScript, ScopePath, ScriptCall, StepScript } from './sandbox.ts'

/** What is sent to a runner for one script. */
export interface DescribedCall {
  message: RunMessage
  /** the variables as one JSON object; `undefined` ones are missing */
  variables: string
}

/**
 * Words that cannot name a parameter in strict mode; `done` is one already.
 */
const RESERVED = new Set(
  `arguments await break case catch class const continue debugger default delete do done else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected public
  return static super switch this throw true try typeof var void while with yield`.split(/\s+/),
)

/** @throws ValenceError SCRIPT_FAILED for a script or variables that are too long, or cannot be JSON */
export function describeCall(call: ScriptCall): DescribedCall {
  const names = Object.keys(call.variables)
  return described(call, names, variablesText(call, names))
}

/** The same for all records of a page at once: `{"records": [[originalObject, transformedObject], …], "shared": {…}}`. */
export function describeRecords(call: RecordScript): DescribedCall {
  const { records, shared } = call
  const names = ['originalObject', 'transformedObject', ...Object.keys(shared)]
  const pairs = records.map(({ originalObject, transformedObject }) => [originalObject, transformedObject])
  const { message, variables } = described(call, names, recordsText(call, pairs))
  return { message: { ...message, records: records.length }, variables }
}

/**
 * A step of a formula: `{"config": {…}, "steps": {…}, "trigger": {…}, "info": {…}}` with the members that the script can come to see, and
 * where in that text each of them stands. The order of the parameters is the wrapper's (spec 31 §4).
 */
export function describeStep(call: StepScript): DescribedCall {
  const { form, aliases = [], headers = [], cpuMs, timeoutMs, owner, sharing } = call
  const isLegacy = form === 'return'
  // on a line of its own, so that a comment at the end does not take the brace along
  const body = form === 'expression' ? `return (${call.body}\n)` : call.body
  const { text, members, has } = stepText(call)
  const facts: StepFacts = {
    ...{ isLegacy, takesReturned: form !== 'done', members },
    aliases: aliases.filter(({ of, at }) => has(of) && has(at)),
    headers: headers.filter(has),
  }
  const { message, variables } = described(
    { label: call.label, body, isLegacy, ...(timeoutMs !== undefined && { timeoutMs }) },
    ['trigger', 'steps', 'info', 'config'],
    text,
  )
  return {
    message: {
      ...{ ...message, step: JSON.stringify(facts) },
      ...(cpuMs !== undefined && { cpuMs }),
      ...(sharing !== undefined && { sharing: JSON.stringify([owner, sharing]) }),
    },
    variables,
  }
}

interface StepText {
  text: string
  members: StepFacts['members']
  /** whether the member that a path goes through is in the text */
  has(path: ScopePath): boolean
}

function stepText(call: StepScript): StepText {
  const members: [string, string, number, number][] = []
  const sent: Record<string, Set<string>> = {}
  const mentions: Readonly<Record<string, Mentioned>> = mentionsOf(call.body)
  let text = '{'
  try {
    for (const root of ['config', 'steps', 'trigger', 'info'] as const) {
      text += `${text === '{' ? '' : ','}"${root}":{`
      const names = new Set<string>()
      sent[root] = names
      for (const [name, value] of Object.entries(call[root])) {
        const member = isMentioned(mentions[root] ?? 'all', name) ? jsonText(value) : undefined
        if (member === undefined) continue
        text += `${names.size === 0 ? '' : ','}${JSON.stringify(name)}:`
        names.add(name)
        if (root !== 'info') members.push([root, name, text.length, text.length + member.length])
        text += member
      }
      text += '}'
    }
  } catch (error) {
    throw notJson(call, error)
  }
  const has = ([root, name]: ScopePath) => name === undefined || (sent[String(root)]?.has(String(name)) ?? false)
  return { text: `${text}}`, members, has }
}

function recordsText(call: RecordScript, pairs: readonly unknown[]): string {
  try {
    return `{"records":${JSON.stringify(pairs)},"shared":${JSON.stringify(call.shared)}}`
  } catch (error) {
    throw notJson(call, error)
  }
}

type Described = Pick<ScriptCall, 'label' | 'body' | 'isLegacy' | 'timeoutMs'>

function described(call: Described, names: readonly string[], variables: string): DescribedCall {
  const wrong = names.find((name) => !/^[A-Za-z_$][\w$]*$/.test(name) || RESERVED.has(name))
  if (wrong !== undefined) throw refused(call, `"${wrong}" cannot be the name of a variable`)
  if (call.body.length > LIMITS.scriptChars) {
    throw refused(call, `the script has ${call.body.length} characters, at most ${LIMITS.scriptChars} are run`)
  }
  if (variables.length > LIMITS.variablesChars) {
    throw refused(
      call,
      `its variables have ${variables.length} characters, at most ${LIMITS.variablesChars} are handed over`,
    )
  }
  const { body, isLegacy, timeoutMs = LIMITS.timeoutMs } = call
  return { message: { type: 'run', body, names, isLegacy, timeoutMs }, variables }
}

function variablesText(call: ScriptCall, names: readonly string[]): string {
  try {
    const members: string[] = []
    for (const name of names) {
      const text = jsonText(call.variables[name])
      if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`)
    }
    return `{${members.join(',')}}`
  } catch (error) {
    throw notJson(call, error)
  }
}

function notJson(call: Pick<Described, 'label'>, error: unknown): ValenceError {
  return refused(call, `its variables cannot be handed over: ${error instanceof Error ? error.message : error}`, error)
}

function jsonText(value: unknown): string | undefined {
  return value instanceof JsonText ? value.text : JSON.stringify(value)
}

function refused(call: Pick<Described, 'label'>, why: string, cause?: unknown): ValenceError {
  return new ValenceError('SCRIPT_FAILED', `${call.label}: ${why}`, { cause })
}
