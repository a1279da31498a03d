import type { Request } from './app.ts'
import { largeIdOf } from './query.ts'

/** Steps of formulas say in a header which execution they belong to (spec 31 §3.3). */
export function executionOf({ headers }: Pick<Request, 'headers'>): { executionId: number | undefined } {
  const id = headers['elements-formula-execution-id']
  return { executionId: typeof id === 'string' ? largeIdOf(id) : undefined }
}
