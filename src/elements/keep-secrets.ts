import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { ElementContext } from './element-context.ts'
import { ELEMENT_PARTS, type Part, partKind, partsOf } from './part-kinds.ts'
import type { Change, LockedElement } from './store-element.ts'

const CONFIGURATION = partKind(ELEMENT_PARTS, 'configuration')

/**
 * What instances stored as a secret stays one: a changed declaration must not show it in clear, nor send it where secrets
 * do not go.
 *
 * @throws ValenceError IN_USE (409) naming the keys
 */
export async function keepSecrets(
  context: ElementContext,
  { trx }: Change,
  { id, accountId, extendsId, document }: LockedElement,
  next: Part,
): Promise<void> {
  const [before, after] = [document, next].map(
    (it) => ({ configuration: partsOf(it, CONFIGURATION) }) as unknown as Element,
  )
  const declared = partsOf(document, CONFIGURATION).filter((row) => row['type'] === 'PASSWORD')
  const shown = declared
    .map((row) => String(row['key']))
    .filter((key) => before && after && isSecretKey(before, key) && !isSecretKey(after, key))
  if (shown.length === 0) return
  const count =
    extendsId === null ? await context.countInstances(trx, id) : await context.countInstances(trx, extendsId, accountId)
  if (count === 0) return
  throw new ValenceError(
    'IN_USE',
    `configuration: ${count} instances store secrets under ${shown.join(', ')}, which must stay of type PASSWORD; delete them first`,
  )
}
