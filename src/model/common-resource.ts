/**
 * Words of common resources (spec 20): a definition names fields in the customer's own words, a transformation maps them
 * to one element's. Wire names are kept; members that nobody here knows are stored and echoed.
 */

/** From the widest to the narrowest; a narrower one wins (spec 20 §1.1). */
export const LEVELS = ['system', 'organization', 'account', 'instance'] as const
export type Level = (typeof LEVELS)[number]

/** `{type, properties}` of a transformation or of one of its fields (spec 20 §8); unknown types are kept and mean nothing. */
export interface ConfigurationEntry {
  type: string
  properties?: Record<string, unknown> | null
  level?: Level
  associatedId?: number
}

/** A field of a definition. */
export interface DefinedField {
  /** of the field: it survives a rename */
  id: number
  path: string
  /** `string` when nobody said */
  type: string
  level: Level
  /** organization, account or instance that the level belongs to */
  associatedId?: number
  displayName?: string
}

/** One line of a mapping: `path` on the common side, `vendorPath` on the vendor's. */
export interface MappedField {
  id?: number
  path: string
  type: string
  /** absent: stored, but nothing to map yet */
  vendorPath?: string
  vendorType?: string
  level: Level
  associatedId?: number
  configuration?: ConfigurationEntry[]
}

export interface MappingScript {
  body: string
  mimeType: string
  /** empty results are removed from a list answer */
  filterEmptyResponse: boolean
  level?: Level
  associatedId?: number
}

/** What one level says about one object of one element. */
export interface LevelTransformation {
  level: Level
  /** a normalized resource of the element, or a native object of the vendor; may be missing in what clients send */
  vendorName?: string
  /** undefined: never said, which means false */
  isLegacy?: boolean
  configuration: ConfigurationEntry[]
  fields: MappedField[]
  script?: MappingScript
}

/** What applies to one call on one instance: all levels resolved (spec 20 §1.1). */
export interface EffectiveTransformation {
  objectName: string
  vendorName: string | undefined
  /** script engine v1 (`return`) instead of v2 (`done`) */
  isLegacy: boolean
  configuration: ConfigurationEntry[]
  fields: MappedField[]
  script: MappingScript | undefined
}
