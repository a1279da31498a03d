const SLASH = 0x2f

/** The text without slashes at its end; `/\/+$/` would look at each run of slashes once per slash. */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === SLASH) end--
  return text.slice(0, end)
}
