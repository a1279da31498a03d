import type { Exchange } from '../exchange.ts'
import type { Ports } from '../ports.ts'
import type { MappingNote } from './mapping-note.ts'
import type { ScriptRun } from './run-mapping-script.ts'

/** @param body after it was mapped */
export function noteMapping(exchange: Exchange, ports: Ports, direction: ScriptRun, body: unknown): void {
  const { common, entry, instance, scriptOutcome } = exchange
  if (!common) return
  const { objectName, vendorName } = common.mapping
  exchange.scriptOutcome = undefined
  const { label: _label, console: _console, ...script } = scriptOutcome ?? {}
  ports.noteMapping(instance, {
    commonResource: objectName,
    vendorName,
    resource: entry.label,
    direction,
    records: Array.isArray(body) ? body.length : 1,
    script: scriptOutcome && (script as MappingNote['script']),
  })
}
