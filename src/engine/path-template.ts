/**
 * Text with `{placeholders}`: vendor paths and base URLs (spec 11 §3.10 step 4, §4.2).
 * `{:id}` and a parameter named `:id` match each other, so the colon is dropped on both sides. `{+path}` (ours, as in RFC 6570)
 * is filled by several segments: its slashes stay, but not those at its ends.
 */
export interface PathTemplate {
  text: string
  names: readonly string[]
  /** `undefined` from `resolve` leaves the placeholder literal */
  fill(resolve: (name: string, isPath: boolean) => string | undefined): string
}

export function compilePathTemplate(text: string): PathTemplate {
  const pieces = text.split(/\{([^{}/?&=]+)\}/)
  if (pieces.length === 1) return { text, names: [], fill: () => text }
  const names = pieces.filter((_, index) => index % 2 === 1)
  return {
    text,
    names: names.map(placeholderName),
    fill(resolve) {
      let filled = ''
      for (let index = 0; index < pieces.length; index++) {
        const piece = pieces[index] ?? ''
        filled += index % 2 === 0 ? piece : (filledWith(piece, resolve) ?? `{${piece}}`)
      }
      return filled
    },
  }
}

function filledWith(piece: string, resolve: (name: string, isPath: boolean) => string | undefined): string | undefined {
  const isPath = piece.startsWith('+')
  const value = resolve(placeholderName(piece), isPath)
  return isPath ? value?.replaceAll(/%2F/gi, '/').replaceAll(/^\/+|\/+$/g, '') : value
}

export function placeholderName(name: string): string {
  return /^[:+]/.test(name) ? name.slice(1) : name
}
