import { redactText } from '../../redact.ts'
import type { RunRecordScript, ScriptRecord } from '../../sandbox/sandbox.ts'
import type { Mapping } from '../../transform/mapping.ts'
import { SCRIPTS_MS } from './common-resources.ts'
import { wordsOf } from './script-words.ts'

/** Which way records go; `where` is the run for a query, which goes to the vendor. */
export type ScriptRun = 'fromVendor' | 'toVendor' | 'where'

/** Runs the script of a mapping for some records. @returns the records as they are after it, in their order */
export type RunMappingScript = (
  mapping: Mapping,
  run: ScriptRun,
  records: readonly Required<ScriptRecord>[],
) => Promise<unknown[]>

export interface MappingScriptPorts {
  /** whose script it is, for fairness */
  owner: string
  /** see `ScriptCall` */
  depth: number
  runRecords: RunRecordScript
  /** variable `configuration` of scripts */
  configuration(): Record<string, string>
  /** what no line and no message may show */
  secrets(): readonly string[]
  report(outcome: ScriptOutcome): void
}

/** How the runs of one script for the records of one page ended. */
export interface ScriptOutcome {
  label: string
  /** of how many records the mapped object was kept, because the script failed or was not over in time */
  failed: number
  /** the first exception, or the limit that was reached; without secrets */
  error: string | undefined
  isLate: boolean
  ms: number
  /** what it printed, without secrets */
  console: readonly string[]
}

/**
 * Scripts of common resources, all of one request (spec 20 §10.1). What they do wrong is silent: the mapped object is what the caller gets,
 * and `report` is told.
 *
 * @throws ValenceError SCRIPT_BUSY, UNAVAILABLE: that a script was not run at all is not for the caller to overlook
 */
export function createMappingScripts(ports: MappingScriptPorts): RunMappingScript {
  let leftMs = SCRIPTS_MS
  return async (mapping, run, records) => {
    const { script, isLegacy, objectName } = mapping
    const mapped = records.map(({ transformedObject }) => transformedObject)
    if (!script || records.length === 0) return mapped
    const label = `script of ${objectName}`
    const words = wordsOf(script)
    const configuration = words.configuration ? ports.configuration() : {}
    const startedAt = performance.now()
    const { values, error, isLate, console } = await ports.runRecords({
      owner: ports.owner,
      depth: ports.depth,
      label,
      body: script.body,
      isLegacy,
      timeoutMs: Math.max(1, Math.round(leftMs)),
      records: words.originalObject ? records : mapped.map((transformedObject) => ({ transformedObject })),
      shared: { fromVendor: run === 'fromVendor', isWhere: run === 'where', configuration, isEmbeddedObject: false },
    })
    const ms = performance.now() - startedAt
    leftMs -= ms
    const secrets = [...ports.secrets(), ...secretsIn(configuration)]
    ports.report({
      label,
      failed: records.length - values.size,
      error: error === undefined ? undefined : redactText(error, secrets),
      isLate,
      ms,
      console: console.map((line) => redactText(line, secrets)),
    })
    return mapped.map((object, at) => values.get(at) ?? object)
  }
}

function secretsIn({ userSecret, organizationSecret, elementInstanceToken }: Record<string, string>): string[] {
  return [userSecret, organizationSecret, elementInstanceToken].filter((text) => text !== undefined)
}
