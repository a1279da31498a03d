import { ValenceError } from '../errors.ts'

const MAX_LENGTH = 500

/**
 * Addresses an OAuth proxy may send a browser to: an exact address, or the simple regular expressions people write for
 * domains (`https://.*\.example\.com/.*`). Only literals, escaped characters, `.*`, `.+`, `^` and `$` are understood
 * and no regular expression is run: one from a tenant could stop the server. Host and path are compared apart, so
 * `https://.*\.example\.com` does not match `https://evil.test/x.example.com`. Letter case does not count.
 * @throws ValenceError PARAMETER_INVALID
 */
export function compileUrlPattern(pattern: string): (url: string) => boolean {
  if (pattern.length > MAX_LENGTH) throw invalid(pattern.slice(0, 40), `it has more than ${MAX_LENGTH} characters`)
  const source = pattern.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\/', '/')
  const [, protocol = '', host = '', path = ''] = /^(https?:)\/\/([^/]+)(.*)$/is.exec(source) ?? []
  if (host === '') throw invalid(pattern, 'it must begin with http:// or https:// and a host')
  const hostPieces = piecesOf(pattern, host)
  const pathPieces = piecesOf(pattern, path === '' ? '/' : path)
  return (text) => {
    const url = URL.parse(text)
    if (!url || url.username || url.password || url.protocol !== protocol.toLowerCase()) return false
    return matches(url.host, hostPieces) && matches(url.pathname + url.search + url.hash, pathPieces)
  }
}

/** Literal text after at least `gap` characters of any kind; `undefined` for none at all. */
interface Piece {
  gap: number | undefined
  text: string
}

function piecesOf(pattern: string, part: string): Piece[] {
  const pieces: Piece[] = []
  let current: Piece = { gap: undefined, text: '' }
  for (const [token] of part.matchAll(/\.\*|\.\+|\\.|[\s\S]/g)) {
    if (token === '.*' || token === '.+') {
      pieces.push(current)
      current = { gap: token === '.+' ? 1 : 0, text: '' }
    } else if (token.startsWith('\\') && /\W/.test(token[1] ?? '')) {
      current.text += token[1]?.toLowerCase()
    } else if (/[()[\]{}|+*^$\\]/.test(token)) {
      throw invalid(pattern, `"${token}" is not supported; use literal text, escaped characters, .* and .+`)
    } else {
      current.text += token.toLowerCase()
    }
  }
  return [...pieces, current]
}

/** The first piece stands at the start, the last at the end, those between are found from left to right. */
function matches(given: string, pieces: readonly Piece[]): boolean {
  const text = given.toLowerCase()
  const last = pieces.length - 1
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    const from = at + (piece.gap ?? 0)
    const found =
      piece.gap === undefined ? 0 : index === last ? text.length - piece.text.length : text.indexOf(piece.text, from)
    if (found < from || !text.startsWith(piece.text, found)) return false
    at = found + piece.text.length
  }
  return at === text.length
}

function invalid(pattern: string, reason: string): ValenceError {
  return new ValenceError('PARAMETER_INVALID', `applicationUrl "${pattern}": ${reason}`)
}
