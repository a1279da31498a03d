import type { FormulaParts, FormulaTrigger } from '../../model/formula.ts'
import type { FormulaTriggerTable } from '../formula-table.ts'
import { configuredId, configuredText, readId } from './configured-text.ts'

/** What an instance is bound to and listens to, as its formula and its configuration say it. */
export interface Wanted {
  bindings: { key: string; elementInstanceId: number }[]
  /** of an active instance of an active formula */
  triggers: Omit<FormulaTriggerTable, 'formula_instance_id'>[]
  /** of the first trigger that has one; it may be no cron at all */
  cron: string | undefined
}

/** Triggers that lack something, or refer to what the configuration does not have, are left out: they never fire. */
export function wantedOf(parts: FormulaParts, configuration: Readonly<Record<string, unknown>>): Wanted {
  const bindings = parts.configuration.flatMap(({ key, type }) => {
    const elementInstanceId = type === 'elementInstance' ? readId(configuration[key]) : undefined
    return elementInstanceId === undefined ? [] : [{ key, elementInstanceId }]
  })
  const triggers = parts.triggers.flatMap((trigger, number) => listenerOf(trigger, number, configuration) ?? [])
  return { bindings, triggers, cron: cronOf(parts.triggers, configuration) }
}

/** @returns undefined where no trigger is `scheduled`, and where it refers to nothing */
export function cronOf(
  triggers: readonly FormulaTrigger[],
  configuration: Readonly<Record<string, unknown>>,
): string | undefined {
  const scheduled = triggers.find(({ type }) => type === 'scheduled')
  return scheduled && configuredText(scheduled.properties['cron'], configuration)
}

function listenerOf(
  { type, properties }: FormulaTrigger,
  number: number,
  configuration: Readonly<Record<string, unknown>>,
): Wanted['triggers'][number] | undefined {
  const elementInstanceId = configuredId(properties['elementInstanceId'], configuration)
  if (elementInstanceId === undefined) return undefined
  const found = { number, element_instance_id: elementInstanceId }
  if (type === 'event') return { ...found, type, method: null, path: null }
  if (type !== 'elementRequest' && type !== 'request') return undefined
  const method = configuredText(properties['method'], configuration)?.toUpperCase()
  const api = configuredText(properties['api'], configuration)
  if (method === undefined || api === undefined) return undefined
  return { ...found, type: 'elementRequest', method, path: resourcePath(api) }
}

/**
 * Below the hub, with a leading slash: `hubs/crm/contacts`, `/contacts/` and `contacts?where=x` are all `/contacts` (spec 31 §1). Places such as
 * `{id}` stay.
 */
export function resourcePath(api: string): string {
  const path = `/${api.replace(/[?#].*$/s, '').replace(/^\/+|\/+$/g, '')}`
  return path.replace(/^\/elements\/api-v2(?=\/|$)/, '').replace(/^\/hubs\/[^/]+(?=\/|$)/, '') || '/'
}
