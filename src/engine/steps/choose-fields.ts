import type { Step } from '../ports.ts'

/**
 * The fields of a list whose caller names none: `default.select.fields.map`, a JSON object of object name → comma list or
 * array (spec 11 §2.4, 21 §3). What cannot be read is as if it were not there.
 */
export const chooseFields: Step = (exchange) => {
  const { call, instance, resource } = exchange
  const map = instance.configuration['default.select.fields.map']
  if (!map || call.method !== 'GET' || call.query['fields'] || resource.resource.path.endsWith('}')) return exchange
  const name = resource.resource.objectName || call.path.split('/')[1] || ''
  const fields = fieldsOf(map, name)
  if (fields !== undefined) exchange.call = { ...call, query: { ...call.query, fields } }
  return exchange
}

function fieldsOf(map: string, name: string): string | undefined {
  try {
    const object: unknown = JSON.parse(map)
    if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined
    const fields = (object as Record<string, unknown>)[name]
    return Array.isArray(fields) ? fields.join(',') : typeof fields === 'string' ? fields : undefined
  } catch {
    return undefined // an element may carry any text here (tolerance rule, spec 11)
  }
}
