/** Configuration keys and their values, always strings (spec 11 §2); `null` is unset. */
export type Configuration = Readonly<Record<string, string | null>>

/**
 * An instance as the engine sees it: one element provisioned with one customer's credentials.
 * Values only, no table.
 */
export interface InstanceState {
  id: number
  /** whose it is; scripts run under this account's limits */
  accountId: number
  /** every key of the element and of the instance with its effective value; secrets in clear, never logged */
  configuration: Configuration
  /** counts every stored change of the credentials; tells a rejected token from one already replaced */
  credentialsVersion: number
}
