import Type from 'typebox'

/** A bulk call has two paths (spec 22); which hub the second one names does not matter. */
export const BULK_PATHS = [
  { root: '/bulk', ofHub: {} },
  { root: '/hubs/:hub/bulk', ofHub: { hub: Type.String({ description: 'Key of the hub; any' }) } },
] as const

/** Members of path parameters. */
export const BULK_ID = Type.String({ description: 'Id of the bulk job' })
export const OBJECT_NAME = Type.String({
  description: 'Name of the object: of a resource, of a common resource, or the vendor’s own',
})
