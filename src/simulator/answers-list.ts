import { isContainer } from './response-model.ts'
import { splitRootKey } from './root-path.ts'
import type { Served } from './served-resources.ts'

/** Whether a GET is answered with many rows, as far as the resource itself tells. */
export function answersList({ model, resource, onItem }: Served): boolean {
  if (model.kind === 'list') return true
  if (model.kind === 'file' || (model.kind === 'object' && !resource.rootKey)) return false
  if (onItem) return false
  const lastOfRoot = splitRootKey(resource.rootKey)
    .response.split(/[.[\]]/)
    .findLast((step) => /^[a-z]/i.test(step))
  const pages = resource.parameters?.some(({ name }) => ['page', 'pageSize', 'nextPage', 'where'].includes(name))
  return pages === true || (lastOfRoot !== undefined && (isPlural(lastOfRoot) || isContainer(lastOfRoot)))
}

/** Told from the last word of a path; only asked when nothing else tells. */
export function isPlural(word: string): boolean {
  return /(people|children|staff|media|data|list|[^su]s)(\.\w+)?$/i.test(word)
}
