/** Of a call from inside: whoever makes it has no say in where it seems to come from, nor in how its bytes are sent. */
const OF_HOPS =
  /^(?:x-forwarded-|forwarded$|via$|x-real-ip$|connection$|keep-alive$|content-length$|transfer-encoding$|expect$|upgrade$)/

/** @param name in lower case */
export function isHopHeader(name: string): boolean {
  return OF_HOPS.test(name)
}
