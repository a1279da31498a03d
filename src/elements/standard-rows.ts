import type { ConfigurationRow } from '../model/element.ts'
import {
  AUTHENTICATION_TYPES,
  type AuthenticationType,
  STANDARD_ROWS,
  type StandardRow,
} from './standard-configuration.ts'

/** Rows that every element gets from the builder, whatever its authentication (spec 10 §2.4, 11 §2.5). */
const EVERY_ELEMENT = new Set([
  'base.url',
  'pagination.type',
  'pagination.max',
  'filter.response.nulls',
  'event.vendor.type',
  'event.notification.enabled',
  'event.notification.callback.url',
  'event.notification.instance.finder',
])

/** The types of spec 10 §5.1 in any letter case; undefined for one that the platform does not know. */
export function authenticationType(text: string): AuthenticationType | undefined {
  return AUTHENTICATION_TYPES.find((type) => type.toLowerCase() === text.toLowerCase())
}

/**
 * The configuration rows that the builder adds to a new element.
 * @param type as written; an unknown one has no rows of its own
 * @param tokenUrl where the element's refresh address defaults to
 */
export function standardRows(type: string, tokenUrl?: string): ConfigurationRow[] {
  const known = authenticationType(type)
  const given = { baseUrl: '', authentication: tokenUrl === undefined ? {} : { tokenUrl } }
  return STANDARD_ROWS.filter((row) => (row.for ? known && row.for.includes(known) : EVERY_ELEMENT.has(row.key))).map(
    (row) => standardRow(row, row.value?.(given) ?? row.fallback),
  )
}

/** Rows of one authentication type, for a form (spec 10 §2.2, `authentication-types`). */
export function authenticationRows(type: AuthenticationType): ConfigurationRow[] {
  return STANDARD_ROWS.filter((row) => row.for?.includes(type)).map((row) => standardRow(row, row.fallback))
}

export function standardRow(row: StandardRow, value: string | number | undefined): ConfigurationRow {
  return {
    key: row.key,
    name: row.name,
    description: row.description,
    type: row.type,
    ...(value === undefined || value === '' ? {} : { defaultValue: String(value) }),
    required: row.role === 'asked',
    hideFromConsole: row.role === 'hidden' || row.role === 'internal',
    internal: row.role === 'internal',
    active: true,
  }
}
