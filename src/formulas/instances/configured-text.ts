import { isRowId } from '../../model/row-id.ts'
import { parseTemplate } from '../references/parse-template.ts'
import { resolveReference } from '../references/resolve-reference.ts'

type Configuration = Readonly<Record<string, unknown>>

/**
 * A property of a trigger, with what an instance says in the place of its references. Nothing else than the configuration is there before an
 * execution begins.
 *
 * @returns undefined for one that is not set, or holds a reference that leads nowhere
 */
export function configuredText(property: unknown, configuration: Configuration): string | undefined {
  if (typeof property === 'number') return String(property)
  if (typeof property !== 'string') return undefined
  const texts = parseTemplate(property).map((part) =>
    part.kind === 'text' ? part.text : referredText(part.text, configuration),
  )
  if (texts.includes(undefined)) return undefined
  return texts.join('').trim() || undefined
}

/**
 * A property that names an element instance: `${config.crm}`, the shorthands `${crm}`, `config.crm` and `crm` of older formulas (spec 31 §2.5), or
 * the id itself (spec 31 §3.2).
 */
export function configuredId(property: unknown, configuration: Configuration): number | undefined {
  const text = configuredText(property, configuration)
  if (text === undefined) return undefined
  return readId(text) ?? readId(referredText(text, configuration))
}

/** @returns undefined for what can be the id of no row */
export function readId(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\s*\d{1,10}\s*$/.test(text)) return undefined
  return isRowId(Number(text)) ? Number(text) : undefined
}

function referredText(reference: string, config: Configuration): string | undefined {
  const found = resolveReference(reference, { config, steps: {}, trigger: {}, info: {} })
  if (found.kind === 'expression') return undefined
  return typeof found.value === 'string' || typeof found.value === 'number' ? String(found.value) : undefined
}
