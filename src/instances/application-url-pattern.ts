import { ValenceError } from '../errors.ts'

const MAX_LENGTH = 500
const MAX_RUNS = 5

/**
 * Addresses an OAuth proxy may send a browser to: an exact address, or the simple regular expressions people write for
 * domains (`https://.*\.example\.com/.*`). Only literals, escaped characters, `.*`, `.+`, `^` and `$` are understood:
 * a full regular expression from a tenant could stop the server. A wildcard before the first `/` of the path never
 * crosses into it, so `https://.*\.example\.com` does not match `https://evil.test/x.example.com`.
 * @throws ValenceError PARAMETER_INVALID
 */
export function compileUrlPattern(pattern: string): (url: string) => boolean {
  if (pattern.length > MAX_LENGTH) throw invalid(pattern.slice(0, 40), `it has more than ${MAX_LENGTH} characters`)
  const source = pattern.replace(/^\^/, '').replace(/\$$/, '')
  const origin = /^https?:\/\/[^/]+/i.exec(source.replaceAll('\\/', '/'))?.[0]
  if (!origin) throw invalid(pattern, 'it must begin with http:// or https:// and a host')
  const path = source.replaceAll('\\/', '/').slice(origin.length)
  const matchOrigin = compile(pattern, origin, '[^/?#@\\\\]')
  const matchPath = compile(pattern, path === '' ? '/' : path, '.')
  return (text) => {
    const url = URL.parse(text)
    if (!url || url.username || url.password) return false
    return matchOrigin.test(`${url.protocol}//${url.host}`) && matchPath.test(url.pathname + url.search + url.hash)
  }
}

function compile(pattern: string, part: string, any: string): RegExp {
  let expression = ''
  let runs = 0
  for (const [piece] of part.matchAll(/\.\*|\.\+|\\.|[\s\S]/g)) {
    if (piece === '.*' || piece === '.+') {
      expression += any + piece[1]
      runs++
    } else if (piece.startsWith('\\') && /\W/.test(piece[1] ?? '')) {
      expression += piece
    } else if (/[()[\]{}|+*^$\\]/.test(piece)) {
      throw invalid(pattern, `"${piece}" is not supported; use literal text, escaped characters, .* and .+`)
    } else {
      expression += piece.replace(/[.?]/g, '\\$&')
    }
  }
  // each run multiplies the worst case of matching
  if (runs > MAX_RUNS) throw invalid(pattern, `more than ${MAX_RUNS} wildcards`)
  return new RegExp(`^${expression}$`, 'iu')
}

function invalid(pattern: string, reason: string): ValenceError {
  return new ValenceError('PARAMETER_INVALID', `applicationUrl "${pattern}": ${reason}`)
}
