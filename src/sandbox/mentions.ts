/**
 * Which members of the context a script can come to see: what it cannot see need not be sent to the sandbox, and a script in a loop over
 * five megabytes costs them once only if it looks at them.
 */
export type Mentions = Readonly<Record<MentionedRoot, Mentioned>>
export type MentionedRoot = 'config' | 'steps' | 'trigger'
/** names of members, or all there are */
export type Mentioned = ReadonlySet<string> | 'all'

const ROOTS: readonly MentionedRoot[] = ['config', 'steps', 'trigger']
const ALL: Mentions = { config: 'all', steps: 'all', trigger: 'all' }

/** Ways to a parameter without its name: code made of text, the arguments of a function, and names that are written in numbers. */
const INDIRECT = /\b(?:eval|arguments)\b|\\u/

/**
 * Looks at the text, not at the program: each place where the name of a root stands, even in a comment or a text, counts. Where it is not
 * followed by a name that is written out, as in `steps[name]` or `Object.keys(steps)`, everything can be seen. So it may be more than is true,
 * never less.
 */
export function mentionsOf(script: string): Mentions {
  if (INDIRECT.test(script)) return ALL
  const mentions: Record<MentionedRoot, Mentioned> = { config: 'all', steps: 'all', trigger: 'all' }
  for (const root of ROOTS) mentions[root] = membersOf(script, root)
  return mentions
}

function membersOf(script: string, root: MentionedRoot): Mentioned {
  const names = new Set<string>()
  for (let at = script.indexOf(root); at >= 0; at = script.indexOf(root, at + root.length)) {
    if (isWithinWord(script, at, at + root.length)) continue
    MEMBER.lastIndex = at + root.length
    const found = MEMBER.exec(script)?.groups
    const name = found?.['name'] ?? found?.['single'] ?? found?.['double']
    // `steps.hasOwnProperty(name)` asks for any of them
    if (name === undefined || name in Object.prototype) return 'all'
    names.add(name)
  }
  return names
}

/** `.name`, `?.name`, `['name']`, `?.["name"]`; the text ends where the bracket does, and has no escapes. */
const MEMBER =
  /\s*(?:(?:\?\.|\.)\s*(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)|(?:\?\.)?\s*\[\s*(?:'(?<single>[^'\\\n]*)'|"(?<double>[^"\\\n]*)")\s*\])/uy

/** `footsteps` is another name. Letters beyond ASCII are not looked at: then it counts, which does no harm. */
function isWithinWord(script: string, from: number, to: number): boolean {
  return /[\w$]/.test(script[from - 1] ?? '') || /[\w$]/.test(script[to] ?? '')
}

/** Whether a member is to be sent. A key with dots is also found by the names between them (spec 31 §4.3): `config.acton.instance.id`. */
export function isMentioned(mentioned: Mentioned, name: string): boolean {
  if (mentioned === 'all' || mentioned.has(name)) return true
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (mentioned.has(name.slice(0, dot))) return true
  }
  return false
}
