/**
 * How much work it is to open a PKCS#12 store: the sum of its iteration counts. Whoever made the store chose them, and a
 * billion would keep this process busy for hours, so they are read before anything is derived from the password.
 *
 * Every count stands as an INTEGER directly behind its salt, an OCTET STRING: in `MacData` and `pkcs-12PbeParams`
 * (RFC 7292) and in `PBKDF2-params` (RFC 8018). Structures inside of OCTET STRINGs are looked into.
 * @returns Infinity for what is no plain DER; stores in other encodings are rare and can be converted
 */
export function pkcs12Iterations(store: Buffer): number {
  return iterationsIn(store, 0) ?? Number.POSITIVE_INFINITY
}

const INTEGER = 0x02
const OCTET_STRING = 0x04
const CONSTRUCTED = 0x20
const MAX_DEPTH = 24

interface Element {
  tag: number
  content: Buffer
}

/** @returns undefined when the bytes are not a series of complete elements */
function iterationsIn(bytes: Buffer, depth: number): number | undefined {
  const elements = depth > MAX_DEPTH ? undefined : elementsOf(bytes)
  if (!elements) return undefined
  let total = 0
  for (const [at, { tag, content }] of elements.entries()) {
    if (tag === INTEGER && elements[at - 1]?.tag === OCTET_STRING) total += valueOfInteger(content)
    if (tag === (OCTET_STRING | CONSTRUCTED)) return undefined
    const inner = tag & CONSTRUCTED || tag === OCTET_STRING ? iterationsIn(content, depth + 1) : 0
    // an OCTET STRING may hold anything
    if (inner === undefined && tag !== OCTET_STRING) return undefined
    total += inner ?? 0
  }
  return total
}

function elementsOf(bytes: Buffer): Element[] | undefined {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    const first = bytes[at + 1] ?? 0x80
    const sizeBytes = first < 0x80 ? 0 : first - 0x80
    const start = at + 2 + sizeBytes
    // tags of several bytes do not occur, and a length is definite and of at most four bytes
    if ((tag & 0x1f) === 0x1f || first === 0x80 || sizeBytes > 4 || start > bytes.length) return undefined
    const length = sizeBytes === 0 ? first : bytes.readUIntBE(at + 2, sizeBytes)
    if (start + length > bytes.length) return undefined
    elements.push({ tag, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return elements
}

function valueOfInteger(content: Buffer): number {
  if (content.length === 0 || content.length > 6) return Number.POSITIVE_INFINITY
  return content.readUIntBE(0, content.length)
}
