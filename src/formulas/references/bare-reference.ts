import type { StepCall } from '../steps/step.ts'
import { MAY_BE_BARE } from './reference-text.ts'

/** Dots, numbers and names in brackets, after the name that it begins with. */
const REST = /^(?:\s*\.\s*[^.[\]()\s'"]+|\s*\[\s*(?:\d+|'[^']*'|"[^"]*")\s*\])*$/

/**
 * The reference that the whole text of a property is, although no braces say so: `steps.build.query`, in older formulas also `build.query` or
 * `crm`. It begins with something that is there: any other text is a text.
 */
export function bareReference(
  text: string,
  property: string,
  { scope, execution }: Pick<StepCall, 'scope' | 'execution'>,
): string | undefined {
  const reference = text.trim()
  if (reference === '' || !MAY_BE_BARE.has(property) || reference.includes('${')) return undefined
  const { config, trigger, types, info } = scope
  const steps = { ...types, ...scope.steps }
  const roots = { config, steps, trigger, info }
  for (const [root, members] of Object.entries(roots)) {
    if (reference.startsWith(`${root}.`) && begins(reference.slice(root.length + 1), members)) return reference
  }
  if (execution.engine !== 'v1') return undefined
  return reference === 'trigger' || [config, steps, trigger].some((members) => begins(reference, members))
    ? reference
    : undefined
}

function begins(text: string, members: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(members).some((name) => text.startsWith(name) && REST.test(text.slice(name.length)))
}
