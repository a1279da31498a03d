import type { Doubtful } from '../doubts.ts'
import type { References } from './references.ts'
import type { SchemaReader } from './schema-reader.ts'

/** What everything that reads a part of a document needs. */
export interface Reading {
  references: References
  schemas: SchemaReader
  doubt: Doubtful
}
