import type { Transaction } from 'kysely'
import type { Configuration } from '../model/instance.ts'
import type { Publish } from '../store/changes.ts'
import type { Values } from './configuration.ts'
import type { Instance } from './instance.ts'
import type { InstanceTables } from './instance-table.ts'

/** What rooms above are told of an instance. */
export type ToldInstance = Pick<
  Instance,
  'id' | 'organizationId' | 'accountId' | 'userId' | 'name' | 'tags' | 'disabled' | 'plan'
> & {
  /** effective values, those of the element included; secrets in clear */
  configuration: Configuration
}

/**
 * What happened: `before` is absent when the instance was made. Deleted ones are told by their ids, because they may be all
 * of an account. Refreshed tokens are no change of this kind.
 */
export type InstanceChange = { before: ToldInstance | undefined; after: ToldInstance } | { deleted: readonly number[] }

/**
 * What rooms above do with a change, in the transaction that makes it: `trx` may be of the small pool for credentials, so
 * nothing here waits for another connection. It is called under the lock of the instance's row, so changes of one instance
 * are told in the order in which they are stored.
 *
 * @returns values of {@link KEPT_KEYS} to store with the instance, null to unset; a deletion and a switch (disabled, enabled) store none
 */
export type OnInstanceChanged = (
  trx: Transaction<InstanceTables>,
  publish: Publish,
  change: InstanceChange,
) => Promise<Readonly<Values>>

/** Configuration that the hub itself keeps (spec 40 §2); nobody else sets it: neither callers nor hooks. */
export const KEPT_KEYS = ['event.notification.subscription.id'] as const

/**
 * @param values what is to be stored
 * @param kept what the hub keeps from now on: of {@link KEPT_KEYS}
 * @returns the values with what the hub keeps in the place of what anybody else said
 */
export function withKept(values: Readonly<Values>, kept: Readonly<Values>): Values {
  const result = { ...values }
  for (const key of KEPT_KEYS) {
    const value = kept[key] ?? null
    if (value === null) delete result[key]
    else result[key] = value
  }
  return result
}
