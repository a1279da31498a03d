import { readDepth } from '../notifications/delivery-headers.ts'
import { DEPTH_HEADER } from './stream-platform.ts'

/** How many calls of the hub wait for this one or led to it. Anybody may write the header; whoever does has fewer left. */
export function callDepth({ headers }: { headers: Readonly<Record<string, string | string[] | undefined>> }): number {
  return readDepth(headers[DEPTH_HEADER])
}
