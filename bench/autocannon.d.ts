/** The part of autocannon 9 that the bench uses; the package has no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  export interface Options {
    url: string
    connections: number
    /** seconds */
    duration: number
    headers?: Record<string, string>
    /** sent in turns by each connection */
    requests?: readonly { method: string; path: string; headers: Record<string, string>; body: string }[]
    /** responses it returns false for count as mismatches */
    verifyBody?: (text: string) => boolean
    /** requests a second of each connection */
    connectionRate?: number
    ignoreCoordinatedOmission?: boolean
    /** ms between two samples; a run ends at a sample */
    sampleInt?: number
  }

  export interface Result {
    /** seconds, with two decimals */
    duration: number
    errors: number
    timeouts: number
    mismatches: number
    non2xx: number
    statusCodeStats: Record<string, { count: number }>
    requests: { total: number }
  }

  /** emits `response` (client, status, bytes, ms) */
  export type Instance = EventEmitter & PromiseLike<Result>

  export default function autocannon(options: Options): Instance
}
