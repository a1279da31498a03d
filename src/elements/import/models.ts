import type { ResourceModel, Schema } from '../../model/element.ts'
import type { Envelope } from './envelopes.ts'
import { MAX_MODEL_BYTES } from './limits.ts'
import { definitionOf, reachable, resolved, TYPE_WORDS, trimmed } from './schemas.ts'
import type { Definitions } from './vendor-api.ts'

/** What the model of one resource is made of; names are chosen already. */
export interface ModelPlan {
  answer: { name: string; schema: Schema } | undefined
  request: { name: string; schema: Schema } | undefined
}

/** How much of the definitions a model holds. The last rung is only what the answer itself says. */
const RUNGS = [
  { definitions: 60, withText: true },
  { definitions: 25, withText: false },
  { definitions: 8, withText: false },
  { definitions: 1, withText: false },
] as const

/**
 * Models of all resources (spec 11 §8.1), each with the definitions it reaches. When all together are too large for
 * `POST /elements`, every one gets fewer definitions, in the end none.
 *
 * @returns one model per plan, in order, and whether something was left out
 */
export function buildModels(
  plans: readonly ModelPlan[],
  definitions: Definitions,
): { models: (ResourceModel | undefined)[]; shortened: boolean } {
  const sizes = new Map<string, number>()
  for (const [at, rung] of RUNGS.entries()) {
    const models = modelsWithin(plans, definitions, rung, sizes)
    if (models) return { models, shortened: at > 0 }
    sizes.clear()
  }
  return { models: plans.map(() => undefined), shortened: true }
}

type Rung = (typeof RUNGS)[number]

function modelsWithin(
  plans: readonly ModelPlan[],
  definitions: Definitions,
  rung: Rung,
  sizes: Map<string, number>,
): (ResourceModel | undefined)[] | undefined {
  let left = MAX_MODEL_BYTES
  const models: (ResourceModel | undefined)[] = []
  for (const { answer, request } of plans) {
    if (!answer && !request) {
      models.push(undefined)
      continue
    }
    const model: ResourceModel = {
      ...(answer && { name: answer.name }),
      transform: false,
      swagger: answer ? swaggerOf(answer.name, answer.schema, definitions, rung) : {},
      ...(request && {
        requestName: request.name,
        requestSwagger: swaggerOf(request.name, request.schema, definitions, rung),
      }),
    }
    for (const swagger of [model.swagger, model.requestSwagger]) {
      for (const [name, schema] of Object.entries(swagger ?? {})) left -= name.length + sizeOf(name, schema, sizes)
    }
    if (left < 0) return undefined
    models.push(model)
  }
  return models
}

/** Definitions repeat in most resources; each is measured once. */
function sizeOf(name: string, schema: Schema, sizes: Map<string, number>): number {
  const known = sizes.get(name)
  if (known !== undefined) return known
  const size = JSON.stringify(schema).length
  sizes.set(name, size)
  return size
}

function swaggerOf(
  name: string,
  schema: Schema,
  definitions: Definitions,
  { definitions: most, withText }: Rung,
): Record<string, Schema> {
  const names = new Set(reachable(schema, definitions, most))
  const root = definitionOf(schema, definitions) === name ? definitions.get(name) : schema
  return Object.fromEntries([
    [name, titled(name, trimmed(root ?? {}, names, withText))],
    ...[...names]
      .filter((other) => other !== name)
      .map((other) => [other, titled(other, trimmed(definitions.get(other) ?? {}, names, withText))]),
  ])
}

function titled(name: string, schema: Schema): Schema {
  return schema.type === 'array' ? schema : { title: name, ...schema }
}

/**
 * Names for what has none: the definition's own where there is one, else the noun of the path. The same name always stands
 * for the same schema, because documents merge the definitions of all resources (spec 23 §A5).
 */
export function createModelNames(definitions: Definitions) {
  const given = new Map<string, string>([...definitions.keys()].map((name) => [name, `definition ${name}`]))
  const unique = (wanted: string, schema: Schema): string => {
    const text = JSON.stringify(schema)
    const word = TYPE_WORDS.has(wanted) ? `${wanted}Model` : wanted
    let name = word
    for (let count = 2; given.has(name) && given.get(name) !== text; count++) name = `${word}${count}`
    given.set(name, text)
    return name
  }
  return {
    /** an answer: `Contact`, or `ContactList` for a list of them */
    answer(envelope: Envelope, noun: string): ModelPlan['answer'] {
      const { schema } = envelope
      if (!schema) return undefined
      const list = resolved(schema, definitions)
      if (list?.type === 'array') {
        const item = definitionOf(list.items, definitions)
        const plan: Schema = { type: 'array', items: list.items ?? { type: 'object' } }
        return { name: unique(`${item ?? noun}List`, plan), schema: plan }
      }
      return named(schema, noun, '')
    },
    /** a request: `Contact`, or `contactsPost` when the definition is not named */
    request(schema: Schema | undefined, noun: string, method: string): ModelPlan['request'] {
      return schema && named(schema, noun, method[0] + method.slice(1).toLowerCase())
    },
  }

  function named(schema: Schema, noun: string, suffix: string): ModelPlan['answer'] {
    const definition = definitionOf(schema, definitions)
    if (definition !== undefined) return { name: definition, schema }
    if (schema.type !== 'object' && schema.properties === undefined) return undefined
    return { name: unique(`${noun}${suffix}`, schema), schema }
  }
}
