/** How references are written (spec 31 §2): whoever resolves, renames or upgrades them reads them alike. */

/** Properties that older formulas fill with a reference without braces, as the whole text (spec 31 §2.5). */
export const MAY_BE_BARE: ReadonlySet<string> = new Set([
  ...['list', 'query', 'path', 'body', 'headers', 'form', 'elementInstanceId', 'args', 'subFormulaConfigs'],
  ...['downloadElementInstanceId', 'downloadHeaders', 'downloadQuery'],
  ...['uploadElementInstanceId', 'uploadHeaders', 'uploadQuery', 'uploadFormData'],
])

export const ROOTS = ['config', 'steps', 'trigger', 'info'] as const

/** A path as references have it, and no JavaScript. */
export function isPath(text: string): boolean {
  return /^[\w$-]+(?:\s*(?:\.\s*[\w$-]+|\[\s*(?:\d+|'[^']*'|"[^"]*")\s*\]))*$/.test(text)
}

/** Whether the text is that name, or goes on below it. */
function startsAt(text: string, name: string): boolean {
  if (!text.startsWith(name)) return false
  const next = text[name.length]
  return next === undefined || next === '.' || next === '['
}

/** The longest of these names that a text begins with (spec 31 §2.3). */
export function longestName<Name extends string>(text: string, names: Iterable<Name>): Name | undefined {
  let longest: Name | undefined
  for (const name of names) if (startsAt(text, name) && name.length > (longest?.length ?? 0)) longest = name
  return longest
}
