/**
 * A body's bytes as text. What says how: a byte order mark, then `charset` of the Content-Type, then the declaration of an
 * XML document (RFC 7303 §3); otherwise, and for a name that nobody knows, UTF-8. Bytes that fit nothing become U+FFFD.
 */
export function decodeText(bytes: Buffer, contentType = ''): string {
  const label = markOf(bytes) ?? charsetOf(contentType) ?? declaredIn(bytes, contentType)
  if (label === undefined || /^utf-?8$/i.test(label)) return new TextDecoder().decode(bytes)
  try {
    return new TextDecoder(label).decode(bytes)
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder().decode(bytes)
    throw error
  }
}

function markOf(bytes: Buffer): string | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined
}

function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType)?.[1]
}

function declaredIn(bytes: Buffer, contentType: string): string | undefined {
  if (!/xml/i.test(contentType)) return undefined
  return /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)/.exec(bytes.toString('latin1', 0, 200))?.[1]
}
