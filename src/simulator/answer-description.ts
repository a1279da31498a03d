import type { Answer } from './render-answer.ts'
import { type ResourceCall, type Result, refuse } from './resource-call.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { FieldRule } from './simulation.ts'
import { compileTemplate } from './template.ts'

type Rules = NonNullable<ResourcePlan['describes']>

/** What a vendor tells of the fields of a collection: the one that the rule names, or that the path does. */
export function answerDescription(request: ResourceCall): Result {
  const { resource, plan, parent, call } = request
  const rules = resource.describes
  if (!rules) return refuse(request, 404)
  const resources = [...plan.resources.values()]
  const named = rules.parameter === undefined ? decodeURIComponent(parent) : (call.query.get(rules.parameter) ?? '')
  const target =
    rules.resource === undefined
      ? resources.find(({ object, name }) => [object, name].some((word) => word?.toLowerCase() === named.toLowerCase()))
      : plan.resources.get(rules.resource)
  if (!target) return refuse(request, 404)
  return described(target, rules)
}

function described(target: ResourcePlan, rules: Rules): Answer {
  const each = compileTemplate(rules.each ?? DEFAULT_FIELD)
  const option = compileTemplate(rules.option ?? { value: '$value', label: '$label' })
  const fields = [...target.fields]
    .filter(([, rule]) => !rules.customOnly || rule.custom === true)
    .map(([name, rule]) => each({ name, ...factsOf(name, rule, target, rules), options: optionsOf(rule, option) }))
  const body = compileTemplate(rules.body ?? '$fields')({
    fields,
    name: target.object ?? target.name,
    type: target.type,
  })
  return { status: 200, body, value: fields }
}

const DEFAULT_FIELD = { name: '$name', label: '$label', type: '$type' }

function factsOf(name: string, rule: FieldRule, { idField }: ResourcePlan, { types = {} }: Rules) {
  const isId = name === idField
  const isWritable = !isId && rule.readOnly !== true && rule.derive === undefined
  const own = isId ? 'id' : rule.reference !== undefined ? 'reference' : rule.enum ? 'enum' : (rule.type ?? 'string')
  const plain = rule.type ?? 'string'
  return {
    type: types[own] ?? types[plain] ?? plain,
    label: rule.label ?? wordsOf(name),
    createable: isWritable,
    updateable: isWritable && rule.createOnly !== true,
    readOnly: !isWritable,
    filterable: rule.filterable ?? rule.type !== 'object',
    required: rule.required === true,
    optional: rule.required !== true,
    custom: rule.custom === true,
    standard: rule.custom !== true,
  }
}

function optionsOf(rule: FieldRule, option: (facts: Record<string, unknown>) => unknown): unknown[] {
  return (rule.enum ?? []).map((value) => option({ value, label: wordsOf(String(value)) }))
}

/** `LastModifiedDate`, `last_name` → `Last Modified Date`, `Last Name` */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .split(/[_\s]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join(' ')
}
