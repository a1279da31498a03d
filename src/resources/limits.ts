/** Of common resources: what somebody keeps by the API, and what is read whole for each call through a mapping. */
export const LIMITS = {
  /** of one organization; those of the platform count for themselves */
  resources: 1_000,
  /** scripts to use again; those of the platform count for themselves */
  snippets: 1_000,
  /** of one level */
  fields: 1_000,
  /** that one body speaks of: each account and instance is looked up */
  levels: 100,
  /** of a transformation, of a field */
  configurations: 50,
  nameLength: 200,
  pathLength: 500,
  /** of types, display names and the like */
  textLength: 500,
  descriptionLength: 5_000,
  scriptChars: 250_000,
  /** of what one level says, as stored */
  levelBytes: 1024 * 1024,
  /** of what an account and its instances say, or the organization for all: definitions, and transformations; lists read the former whole */
  definitionBytes: 16 * 1024 * 1024,
  transformationBytes: 64 * 1024 * 1024,
} as const
