import { isIPv4, isIPv6 } from 'node:net'

/** A block of addresses: 4 or 16 bytes, of which the first `bits` bits count. */
export interface AddressRange {
  bytes: Uint8Array
  bits: number
}

/**
 * What no public service lives on. Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and the RFCs
 * listed there), plus one cloud address that only exists inside a virtual machine.
 */
const REFUSED = [
  ['0.0.0.0/8', 'an address of this host'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'a carrier-grade NAT address'],
  ['127.0.0.0/8', 'a loopback address'],
  ['168.63.129.16/32', 'a platform address of Azure virtual machines'],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a protocol address'],
  ['192.0.2.0/24', 'a documentation address'],
  ['192.88.99.0/24', 'a relay address'],
  ['192.168.0.0/16', 'a private address'],
  ['198.18.0.0/15', 'a benchmark address'],
  ['198.51.100.0/24', 'a documentation address'],
  ['203.0.113.0/24', 'a documentation address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'an address of this host'],
  ['::1/128', 'a loopback address'],
  ['fc00::/7', 'a private address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a private address'],
  ['ff00::/8', 'a multicast address'],
  ['2001::/23', 'a protocol address'],
  ['2001:db8::/32', 'a documentation address'],
  ['3fff::/20', 'a documentation address'],
].map(([text, kind]) => ({ range: knownRange(text as string), kind: kind as string }))

/** The only IPv6 block from which public addresses are given out (RFC 4291 §2.4, IANA IPv6 address space). */
const GLOBAL_UNICAST = knownRange('2000::/3')
const NAT64 = knownRange('64:ff9b::/96')
const SIX_TO_FOUR = knownRange('2002::/16')
const TEREDO = knownRange('2001::/32')

/**
 * @param text as `net.isIP` accepts it, without brackets; a zone (`%eth0`) is ignored
 * @returns 4 or 16 bytes, undefined for anything else. `::ffff:a.b.c.d` gives the 4 bytes: it is the same endpoint.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  const bytes = addressBytes(text)
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes
}

/** @returns the block, also for a single address; undefined when the text is neither an address nor CIDR notation */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const bytes = addressBytes(address)
  if (bytes === undefined || rest.length > 0) return undefined
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const bits = length === undefined ? bytes.length * 8 : Number(length)
  if (bits > bytes.length * 8) return undefined
  return isMapped(bytes) && bits >= 96 ? { bytes: bytes.subarray(12), bits: bits - 96 } : { bytes, bits }
}

export function rangeContains(range: AddressRange, address: Uint8Array): boolean {
  if (range.bytes.length !== address.length) return false
  const whole = range.bits >> 3
  for (let i = 0; i < whole; i++) if (range.bytes[i] !== address[i]) return false
  const rest = 8 - (range.bits & 7)
  return rest === 8 || ((range.bytes[whole] ?? 0) ^ (address[whole] ?? 0)) >> rest === 0
}

/**
 * @param address as `parseAddress` returns it
 * @returns why the address is not a public one ("a private address"); undefined for a public address. An IPv6 address
 * that carries IPv4 addresses (NAT64, 6to4, Teredo, ISATAP) is as public as those are.
 */
export function whyNotPublic(address: Uint8Array): string | undefined {
  const carried = carriedIpv4(address)
  if (carried.length > 0) return carried.map(whyNotPublic).find((why) => why !== undefined)
  for (const { range, kind } of REFUSED) if (rangeContains(range, address)) return kind
  if (address.length === 16 && !rangeContains(GLOBAL_UNICAST, address)) return 'a reserved address'
  return undefined
}

/** RFC 6052 §2.1 (NAT64), RFC 3056 §2 (6to4), RFC 4380 §4 (Teredo: server, and client with inverted bits), RFC 5214 §6.1 (ISATAP). */
function carriedIpv4(address: Uint8Array): Uint8Array[] {
  if (address.length === 4) return []
  if (rangeContains(NAT64, address)) return [address.subarray(12)]
  if (rangeContains(SIX_TO_FOUR, address)) return [address.subarray(2, 6)]
  if (rangeContains(TEREDO, address)) return [address.subarray(4, 8), address.subarray(12).map((byte) => ~byte)]
  const isIsatap = ((address[8] ?? 0) & 0xfd) === 0 && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe
  return isIsatap && rangeContains(GLOBAL_UNICAST, address) ? [address.subarray(12)] : []
}

function addressBytes(text: string): Uint8Array | undefined {
  const bare = text.replace(/%.*$/, '')
  if (isIPv4(bare)) return Uint8Array.from(bare.split('.'), Number)
  return isIPv6(bare) ? ipv6Bytes(bare) : undefined
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::')
  const before = groupBytes(head)
  const after = groupBytes(tail ?? '')
  const bytes = new Uint8Array(16)
  bytes.set(before)
  bytes.set(after, 16 - after.length)
  return bytes
}

function groupBytes(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function isMapped(bytes: Uint8Array): boolean {
  return (
    bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  )
}

function knownRange(text: string): AddressRange {
  const range = parseRange(text)
  if (range === undefined) throw new TypeError(`${text} is not an address range`)
  return range
}
