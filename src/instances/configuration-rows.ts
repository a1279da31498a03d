import Type, { type Static } from 'typebox'
import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { MASK } from '../redact.ts'
import type { InstanceContext } from './context.ts'
import { findInstance } from './find.ts'
import type { Instance } from './instance.ts'
import { updateInstance } from './update.ts'

/** One configuration value of an instance with its declaration (spec 10 §4.4). */
export const ConfigurationRowBody = Type.Object(
  {
    id: Type.Integer(),
    key: Type.String(),
    name: Type.String(),
    description: Type.Optional(Type.String()),
    propertyValue: Type.Union([Type.String(), Type.Null()], { description: 'Secrets are `********`' }),
    type: Type.String(),
    required: Type.Boolean(),
    hideFromConsole: Type.Boolean(),
    active: Type.Boolean(),
  },
  { title: 'ConfigurationValue' },
)
export type ConfigurationRowBody = Static<typeof ConfigurationRowBody>

/** Keys that the element does not declare are numbered after these; elements have a few dozen rows. */
const FIRST_UNDECLARED_ID = 1_000_000

export async function listConfigurationRows(
  context: InstanceContext,
  caller: Caller,
  id: number,
): Promise<ConfigurationRowBody[]> {
  return rowsOf(await findInstance(context, caller, 'instances.read', id))
}

/** @throws ValenceError NOT_FOUND */
export async function findConfigurationRow(
  context: InstanceContext,
  caller: Caller,
  id: number,
  rowId: string,
): Promise<ConfigurationRowBody> {
  return pick(await findInstance(context, caller, 'instances.read', id), rowId)
}

/**
 * Changes one value.
 * @param body the whole row or `{ propertyValue }`
 */
export async function updateConfigurationRow(
  context: InstanceContext,
  caller: Caller,
  id: number,
  rowId: string,
  body: { propertyValue?: unknown },
): Promise<ConfigurationRowBody> {
  const row = pick(await findInstance(context, caller, 'instances.configure', id), rowId)
  if (body.propertyValue === undefined) {
    throw new ValenceError(
      'PARAMETER_MISSING',
      `propertyValue: the new value of ${row.key} is required (null brings the default back)`,
    )
  }
  const updated = await updateInstance(context, caller, id, { configuration: { [row.key]: body.propertyValue } })
  return pick(updated, row.key)
}

function rowsOf(instance: Instance): ConfigurationRowBody[] {
  const { element } = instance.plan
  const { configuration } = instance.state
  const shown = (key: string) => {
    const value = configuration[key] ?? null
    return value && isSecretKey(element, key) ? MASK : value
  }
  const declared = element.configuration.map((row, index) => ({
    id: row.id ?? index + 1,
    key: row.key,
    name: row.name,
    ...(row.description ? { description: row.description } : {}),
    propertyValue: shown(row.key),
    type: row.type ?? 'TEXTFIELD_128',
    required: row.required ?? false,
    hideFromConsole: row.hideFromConsole ?? false,
    active: row.active ?? true,
  }))
  const keys = new Set(declared.map((row) => row.key))
  const undeclared = Object.keys(configuration)
    .filter((key) => !keys.has(key))
    .sort()
    .map((key, index) => ({
      id: FIRST_UNDECLARED_ID + index,
      key,
      name: key,
      propertyValue: shown(key),
      type: 'TEXTFIELD_1000',
      required: false,
      hideFromConsole: true,
      active: true,
    }))
  return [...declared, ...undeclared]
}

function pick(instance: Instance, rowId: string): ConfigurationRowBody {
  const row = rowsOf(instance).find(({ id, key }) => String(id) === rowId || key === rowId)
  if (!row) throw new ValenceError('NOT_FOUND', `Instance ${instance.id} has no configuration ${rowId}`)
  return row
}
