import { onlyReference, parseTemplate } from './parse-template.ts'
import type { ReferenceScope } from './resolve-reference.ts'

/**
 * Where in the context a value stands that a property refers to: `${steps.get.response.body}` is `['steps', 'get', 'response', 'body']`.
 *
 * @returns undefined where the very object is not found by following the text: whoever asks writes the value down instead
 */
export function pathOf(text: string, scope: ReferenceScope, value: object): (string | number)[] | undefined {
  const reference = onlyReference(parseTemplate(text)) ?? text.trim()
  const roots: [root: 'config' | 'steps' | 'trigger', rest: string][] = []
  for (const root of ['config', 'steps', 'trigger'] as const) {
    if (reference.startsWith(`${root}.`)) roots.push([root, reference.slice(root.length + 1)])
    roots.push([root, reference])
  }
  for (const [root, rest] of roots) {
    const path = descend(scope[root], rest, value)
    if (path) return [root, ...path]
  }
  return undefined
}

/** Names may have dots and hyphens in them: each that the text begins with is tried. */
function descend(holder: unknown, rest: string, value: object): (string | number)[] | undefined {
  if (rest === '') return holder === value ? [] : undefined
  if (typeof holder !== 'object' || holder === null) return undefined
  if (Array.isArray(holder)) {
    const found = /^\[\s*(\d+)\s*\]\.?/.exec(rest)
    if (!found) return undefined
    const path = descend(holder[Number(found[1])], rest.slice(found[0].length), value)
    return path && [Number(found[1]), ...path]
  }
  const quoted = /^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]\.?/.exec(rest)
  if (quoted) {
    const name = quoted[1] ?? quoted[2] ?? ''
    const path = Object.hasOwn(holder, name)
      ? descend((holder as Record<string, unknown>)[name], rest.slice(quoted[0].length), value)
      : undefined
    return path && [name, ...path]
  }
  for (const name of Object.keys(holder)) {
    if (name === '' || !rest.startsWith(name)) continue
    const after = rest.slice(name.length)
    if (after !== '' && !/^[.[]/.test(after)) continue
    const path = descend((holder as Record<string, unknown>)[name], after.replace(/^\./, ''), value)
    if (path) return [name, ...path]
  }
  return undefined
}
