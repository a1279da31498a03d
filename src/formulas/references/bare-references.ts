/** Properties that older formulas fill with a reference without braces, as the whole text (spec 31 §2.5). */
export const MAY_BE_BARE: ReadonlySet<string> = new Set([
  'list',
  'query',
  'path',
  'body',
  'headers',
  'elementInstanceId',
  'args',
  'subFormulaConfigs',
])

export const ROOTS = ['config', 'steps', 'trigger', 'info'] as const

/** A path as references have it, and no JavaScript. */
export function isPath(text: string): boolean {
  return /^[\w$-]+(?:\s*(?:\.\s*[\w$-]+|\[\s*(?:\d+|'[^']*'|"[^"]*")\s*\]))*$/.test(text)
}

/** Whether the text is that name, or goes on below it. */
export function startsAt(text: string, name: string): boolean {
  return text.startsWith(name) && /^(?:$|[.[])/.test(text.slice(name.length))
}

/** The longest of these names that a text begins with (spec 31 §2.3). */
export function longestName(text: string, names: Iterable<string>): string | undefined {
  let longest: string | undefined
  for (const name of names) if (startsAt(text, name) && name.length > (longest?.length ?? 0)) longest = name
  return longest
}
