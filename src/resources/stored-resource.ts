import type { DefinedField, Level, LevelTransformation, MappedField } from '../model/common-resource.ts'

/**
 * Common resources: what a name of the customer's own means, level by level, and what it stands for in each element (spec 20). Start reading
 * with the shapes here and `level-owner.ts`, whose they are. One storage is shown in three ways, each a door of its own: `definitions.ts` and
 * `transformations.ts` one level, `common-resources.ts` all of them merged, `vdrs/` all of them side by side. Whoever writes does so inside of
 * `change-resources.ts`, by `write-definition.ts` and `write-transformation.ts`. Calls ask `mappings.ts`; what a mapping does to a record is
 * the affair of `transform`.
 */

/** A common resource as one caller sees it: all of its levels that he may see, the widest first. */
export interface StoredResource {
  /** also of the VDR */
  id: number
  objectName: string
  /** a template of the platform, which an organization may have levels of its own on */
  isSystem: boolean
  /** who made it first */
  accountId: number | undefined
  userId: number | undefined
  createdDate: Date
  definitions: StoredDefinition[]
  transformations: StoredTransformation[]
}

export interface LevelKey {
  level: Level
  /** organization, account or instance; 0: the platform */
  associatedId: number
}

/** What one level defines; it may be nothing. */
export interface StoredDefinition extends LevelKey {
  description: string | undefined
  fields: DefinedField[]
  createdDate: Date
}

/** How the resource is mapped to one element. */
export interface StoredTransformation {
  id: number
  elementId: number
  elementKey: string
  createdDate: Date
  levels: StoredLevel[]
}

export interface StoredLevel extends LevelTransformation, LevelKey {
  startDate: Date
}

/** A field as its level keeps it: the level says itself which it is. Members that nobody here knows are kept. */
export type StoredField = Omit<DefinedField, 'level' | 'associatedId'>
export type StoredMapping = Omit<MappedField, 'level' | 'associatedId' | 'type'> & { type?: string }
