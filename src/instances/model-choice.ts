import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { ResourceCall } from '../model/exchange.ts'

/** In whose words a call speaks: the vendor's, or those of the model of the hub (docs/hub-models.md). */
export interface ModelChoice {
  isCanonical: boolean
  /** the vendor's record goes along, as `raw` */
  isRaw: boolean
}

const VENDOR_WORDS: ModelChoice = Object.freeze({ isCanonical: false, isRaw: false })

/**
 * `Elements-Model: canonical`, `canonical; raw` or `vendor`; without the header as the account chose (setting `hub.model`).
 * @throws ValenceError PARAMETER_INVALID for other words
 */
export function modelChoiceOf(
  caller: Pick<Caller, 'prefersHubModel'>,
  { headers }: Pick<ResourceCall, 'headers'>,
): ModelChoice {
  const header = headers['elements-model']
  if (header === undefined) return caller.prefersHubModel ? { isCanonical: true, isRaw: false } : VENDOR_WORDS
  const words = String(header)
    .toLowerCase()
    .split(';')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  const [model = 'vendor', ...further] = words
  const isKnown = model === 'canonical' ? further.every((word) => word === 'raw') : model === 'vendor' && !further[0]
  if (!isKnown) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `Elements-Model: expected "canonical", "canonical; raw" or "vendor", got "${String(header).slice(0, 100)}"`,
    )
  }
  return model === 'vendor' ? VENDOR_WORDS : { isCanonical: true, isRaw: further.length > 0 }
}
