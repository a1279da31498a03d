import type { ConfigurationRow } from '../model/element.ts'
import type { Manifest, ManifestConfigurationRow } from './manifest.ts'
import { STANDARD_ROWS, type StandardRow } from './standard-configuration.ts'
import { standardRow } from './standard-rows.ts'

/** What rows depend on; a whole manifest, or the part of one that an import makes. */
export type ConfigurationSource = Pick<Manifest, 'authentication' | 'baseUrl' | 'configuration' | 'pagination'> & {
  raw?: Pick<NonNullable<Manifest['raw']>, 'hooks'>
}

/**
 * All configuration rows of an element: the standard ones with the manifest's changes, then the manifest's own ones after
 * the credentials, because a form asks for them together. `displayOrder` is the position.
 *
 * @returns rows without ids; `defaultValue` is text, as on the wire (spec 11 §2.1)
 */
export function configurationRows(manifest: ConfigurationSource): ConfigurationRow[] {
  const own = manifest.configuration ?? []
  const standard = STANDARD_ROWS.filter((row) => !row.for || row.for.includes(manifest.authentication.type))
    .map((row) => ({ row, value: defaultOf(row, manifest) }))
    .filter(({ row, value }) => !row.onlyWithValue || value !== undefined)
  const keys = standard.map(({ row }) => row.key)
  const shown = (row: StandardRow) => row.role === 'asked' || row.key === 'base.url'
  const added = own.filter((row) => !keys.includes(row.key)).map((row) => ownRow(row))
  const rows = standard.map((entry) => ({ entry, built: changedRow(entry.row, entry.value, manifest, own) }))
  return [
    ...rows.filter(({ entry }) => shown(entry.row)).map(({ built }) => built),
    ...added,
    ...rows.filter(({ entry }) => !shown(entry.row)).map(({ built }) => built),
  ].map((row, displayOrder) => ({ ...row, displayOrder }))
}

function defaultOf(row: StandardRow, manifest: ConfigurationSource): string | undefined {
  const setting = row.setting && manifest.authentication[row.setting]
  const value = setting ?? row.value?.(manifest) ?? row.fallback
  return value === undefined ? undefined : String(value)
}

function changedRow(
  row: StandardRow,
  value: string | undefined,
  manifest: ConfigurationSource,
  own: ManifestConfigurationRow[],
): ConfigurationRow {
  // The form of an element without events does not offer their settings; by API they stay settable (spec 10 §4.5).
  const withoutEvents = row.key.startsWith('event.') && !hasEvents(manifest)
  const standard = standardRow(row, value)
  return ownRow(own.find((entry) => entry.key === row.key) ?? { key: row.key }, {
    ...standard,
    hideFromConsole: standard.hideFromConsole || withoutEvents,
  })
}

function hasEvents({ configuration = [], raw }: ConfigurationSource): boolean {
  return (
    configuration.some((row) => row.key.startsWith('event.')) ||
    (raw?.hooks ?? []).some((hook) => hook.type === 'event')
  )
}

/** A row as the manifest wrote it, over the standard row of the same key where there is one (defaults: spec 11 §2.1). */
function ownRow(row: ManifestConfigurationRow, standard: Partial<ConfigurationRow> = {}): ConfigurationRow {
  const defaultValue = row.default === undefined ? standard.defaultValue : String(row.default)
  return {
    key: row.key,
    name: row.name ?? standard.name ?? row.key,
    description: row.description ?? standard.description ?? '',
    type: row.type ?? standard.type ?? 'TEXTFIELD_128',
    ...(defaultValue === undefined ? {} : { defaultValue }),
    required: row.required ?? standard.required ?? false,
    hideFromConsole: row.hidden ?? standard.hideFromConsole ?? row.internal ?? false,
    internal: row.internal ?? standard.internal ?? false,
    active: true,
    ...(row.options ? { options: row.options } : {}),
  }
}
