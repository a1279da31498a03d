import type { ResourceModel, Schema } from '../model/element.ts'
import { parseField } from './field-shorthand.ts'
import type { Manifest, ManifestField, Operation } from './manifest.ts'

type Models = NonNullable<Manifest['models']>

/** Word that a request model's name ends with, after the platform's method: `contactPost` (spec 12 §2.4). */
const REQUEST_SUFFIX = { create: 'Post', update: 'Patch', replace: 'Put' } as const

/** Name of the model of an operation's request body; undefined for an operation without one. */
export function requestName(model: string, operation: Operation): string | undefined {
  return operation in REQUEST_SUFFIX ? model + REQUEST_SUFFIX[operation as keyof typeof REQUEST_SUFFIX] : undefined
}

/**
 * The `model` of one resource: the schema of its answer and, where it takes a body, of its request (spec 11 §8.1).
 * A request leaves out read-only fields; an update also those that can only be set at creation, and requires none, because
 * clients send partial bodies to PUT as well (spec 00 §4).
 */
export function resourceModel(models: Models, model: string, operation: Operation): ResourceModel {
  const request = requestName(model, operation)
  const answered = operation === 'list' ? `${model}List` : model
  const isCreate = operation === 'create'
  // The documents merge answer and request definitions by name, so a nested model must read the same in both (spec 23 §A5).
  const definition = (name: string) => [name, schemaOf(name, models[name] ?? {}, () => true, false)] as const
  const reached = reachable(models, model)
  const sendable = (field: Parsed) => !field.readonly && (isCreate || !field.createOnly)
  return {
    name: answered,
    transform: false,
    swagger: {
      ...(operation === 'list' ? { [answered]: { type: 'array', items: { type: model } } } : {}),
      ...Object.fromEntries(reached.map(definition)),
    },
    ...(request === undefined
      ? {}
      : {
          requestName: request,
          requestSwagger: {
            [request]: schemaOf(request, models[model] ?? {}, sendable, isCreate),
            ...Object.fromEntries(reached.filter((name) => name !== model).map(definition)),
          },
        }),
  }
}

type Parsed = Exclude<ReturnType<typeof parseField>, { problem: string }>

function schemaOf(
  title: string,
  fields: Record<string, ManifestField>,
  keep: (field: Parsed) => boolean,
  withRequired: boolean,
): Schema {
  const properties: Record<string, Schema> = {}
  const required: string[] = []
  for (const [name, entry] of Object.entries(fields)) {
    const field = parsed(entry)
    if (!keep(field)) continue
    const { description, sample } = typeof entry === 'string' ? {} : entry
    properties[name] = {
      ...field.schema,
      ...(description === undefined ? {} : { description }),
      ...(sample === undefined ? {} : { 'x-samplevalue': sample }),
    }
    if (withRequired && field.required) required.push(name)
  }
  return { title, type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
}

/** The model and every model its fields name, each once. */
function reachable(models: Models, start: string, seen: string[] = []): string[] {
  if (seen.includes(start)) return seen
  seen.push(start)
  for (const entry of Object.values(models[start] ?? {})) {
    const { model } = parsed(entry)
    if (model !== undefined) reachable(models, model, seen)
  }
  return seen
}

function parsed(entry: ManifestField): Parsed {
  const field = parseField(typeof entry === 'string' ? entry : entry.type)
  if ('problem' in field) throw new Error(`a field passed the check but cannot be read: ${field.problem}`)
  return field
}
