import type { FormulaParts } from '../../model/formula.ts'
import { mapReferences, mapTexts } from '../references/map-references.ts'
import { isPath, longestName, MAY_BE_BARE, ROOTS } from '../references/reference-text.ts'
import type { FormulaDraft } from './formula-draft.ts'
import { SCRIPTED } from './scripted-steps.ts'

interface Renaming {
  from: string
  to: string
}

/**
 * A variable has another key: every reference to it in triggers and steps names that, in the style that it had, `${old}` or `${config.old}` (spec 30
 * §2.4). A longer key that begins with the old one is another variable. In scripts, where a shorthand is a name of JavaScript, `config.old` and
 * `config['old']` change wherever they stand, in texts and comments as well: nobody but their author knows what else in them means the variable.
 *
 * @param draft with the variable as it is now
 */
export function renameKey(draft: FormulaDraft, renaming: Renaming): FormulaDraft {
  const { parts, engine, before_upgrade } = draft
  const keyed = before_upgrade && withKey(before_upgrade, renaming)
  return {
    ...draft,
    parts: renamedIn(parts, renaming, engine === 'v1'),
    before_upgrade: keyed && { ...keyed, ...renamedIn(keyed, renaming, true) },
  }
}

function withKey<Parts extends FormulaParts>(parts: Parts, { from, to }: Renaming): Parts {
  const configuration = parts.configuration.map((one) => (one.key === from ? { ...one, key: to } : one))
  return { ...parts, configuration }
}

function renamedIn(parts: FormulaParts, renaming: Renaming, isV1: boolean): FormulaParts {
  const { from, to } = renaming
  const keys = [...parts.configuration.map(({ key }) => key).filter((key) => key !== to), from]
  const rename = createRenamer(renaming, keys)
  const renamed = <Part extends { type: string; properties: Record<string, unknown> }>(part: Part): Part => {
    const properties = Object.entries(part.properties).map(([name, value]): [string, unknown] => {
      const isScript = name === 'body' && SCRIPTED.includes(part.type)
      const bare = typeof value === 'string' && !isScript && MAY_BE_BARE.has(name) ? value.trim() : ''
      if (isPath(bare)) return [name, String(value).replace(bare, () => rename(bare, isV1))]
      if (isScript) return [name, mapTexts(value, rename.inScript)]
      return [name, mapTexts(value, (text) => mapReferences(text, (reference) => rename(reference, true)))]
    })
    return { ...part, properties: Object.fromEntries(properties) }
  }
  return { ...parts, triggers: parts.triggers.map(renamed), steps: parts.steps.map(renamed) }
}

/** @param keys of the configuration, the old one among them and the new one not */
function createRenamer({ from, to }: Renaming, keys: readonly string[]) {
  const longestFirst = keys
    .toSorted((a, b) => b.length - a.length)
    .map((key) => key.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  const named = `(?<![\\w$.])config\\.(${longestFirst.join('|')})`
  const inPath = new RegExp(`^${named}(?=$|[.[])`)
  const inExpression = new RegExp(`${named}(?![\\w$])`, 'g')
  const asMember = isPathOfNames(to) ? `config.${to}` : `config[${JSON.stringify(to)}]`

  /** One reference, or an expression with some in it. @param mayBeShort without root it is a variable, if there is one of that key */
  const rename = (text: string, mayBeShort: boolean): string => {
    if (!isPath(text)) return inScript(text)
    if (longestName(text, ROOTS) === undefined)
      return mayBeShort && longestName(text, keys) === from ? to + text.slice(from.length) : text
    return inBrackets(text).replace(inPath, (whole, key) => (key === from ? `config.${to}` : whole))
  }
  const inScript = (text: string): string =>
    inBrackets(text).replace(inExpression, (whole, key) => (key === from ? asMember : whole))
  const inBrackets = (text: string): string =>
    text.replace(/(?<![\w$.])config\s*\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/g, (whole, single?: string, double?: string) =>
      (single ?? double) === from ? `config[${JSON.stringify(to)}]` : whole,
    )
  return Object.assign(rename, { inScript })
}

/** Whether scripts can name it without brackets. */
function isPathOfNames(key: string): boolean {
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/.test(key)
}
