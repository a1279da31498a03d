/** Counters of one vendor. */
export interface VendorStats {
  /** consents given */
  authorizations: number
  denials: number
  /** requests to the token endpoint by grant type, whatever their outcome */
  tokenRequests: Record<string, number>
  /** refused ones by OAuth error code */
  tokenErrors: Record<string, number>
  /** successful grants of type refresh_token */
  refreshes: number
  revocations: number
  /** vendor calls: resource → status → number; calls to no resource count under `unknown` */
  requests: Record<string, Record<string, number>>
  /** faults that struck */
  faults: number
}

export function newStats(): VendorStats {
  return {
    authorizations: 0,
    denials: 0,
    tokenRequests: {},
    tokenErrors: {},
    refreshes: 0,
    revocations: 0,
    requests: {},
    faults: 0,
  }
}

export function count(counters: Record<string, number>, name: string): void {
  counters[name] = (Object.hasOwn(counters, name) ? (counters[name] ?? 0) : 0) + 1
}

export function countRequest(stats: VendorStats, resource: string, status: number): void {
  stats.requests[resource] ??= {}
  count(stats.requests[resource], String(status))
}
