import type { MappingScript } from '../../model/common-resource.ts'

/** Variables whose making costs something: only where a script may read them. */
export interface ScriptWords {
  originalObject: boolean
  configuration: boolean
}

/** What can build a name at run time gets everything. */
const READS_BY_NAME = /\b(?:eval|arguments|Function)\b|\\u/

const known = new WeakMap<MappingScript, ScriptWords>()

export function wordsOf(script: MappingScript): ScriptWords {
  const present = known.get(script)
  if (present) return present
  const { body } = script
  const reads = (name: string) => READS_BY_NAME.test(body) || new RegExp(`\\b${name}\\b`).test(body)
  const words = { originalObject: reads('originalObject'), configuration: reads('configuration') }
  known.set(script, words)
  return words
}
