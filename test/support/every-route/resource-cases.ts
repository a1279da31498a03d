import { own, type RouteCase, type RouteCases, row } from './route-case.ts'

const FIELDS = { fields: [{ path: 'code', type: 'string' }] }
const MAPPING = { vendorName: 'contacts', fields: [{ path: 'code', vendorPath: 'name' }] }

/** Whose level a form of the classic endpoints is about (spec 20 §3); `kind` as in the names of `rows.ts`. */
interface Form {
  prefix: string
  kind: string
  params: Record<string, string>
  /** of its own transformations: one that only the owner has */
  keyOrId?: string
  element?: true
  /** it says whose level it is, or it is the caller's own */
  about: 'row' | 'own'
}

const FORMS: readonly Form[] = [
  { prefix: '/organizations', kind: 'o', params: {}, keyOrId: '{element}', about: 'own' },
  { prefix: '/accounts', kind: 'a', params: {}, keyOrId: '{element}', about: 'own' },
  { prefix: '/accounts/:id', kind: 'i', params: { id: '{account}' }, keyOrId: '{secondElement}', about: 'row' },
  { prefix: '/instances/:id', kind: 'n', params: { id: '{secondInstance}' }, about: 'row' },
  { prefix: '/instances', kind: 't', params: {}, element: true, about: 'row' },
]

/** Names stand for the caller's own objects where the path does not say whose: `shared` is one that everybody has. */
function definitionCases({ prefix, kind, params, element, about }: Form): [string, RouteCase][] {
  const details = element ? { element } : {}
  const named = (what: string, more: object = {}) =>
    row({ ...params, objectName: `${what}-${kind}-{label}` }, { ...details, ...more })
  const present = (more: object = {}) =>
    about === 'row' ? named('keep', more) : own({ params: { objectName: 'shared' }, ...more })
  const any = (more: object = {}) => (about === 'row' ? row(params, { ...details, ...more }) : own(more))
  const fresh = { objectName: 'made{serial}' }
  const one = `${prefix}/objects/:objectName/definitions`
  const all = `${prefix}/objects/definitions`
  return [
    [`GET ${all}`, any()],
    [`GET ${one}`, present()],
    [
      `POST ${one}`,
      about === 'row'
        ? row({ ...params, ...fresh }, { ...details, body: FIELDS })
        : own({ params: fresh, body: FIELDS }),
    ],
    [`PUT ${one}`, present({ body: FIELDS })],
    [`PATCH ${prefix}/objects/:objectName`, named('rename', { body: { objectName: 'written{serial}' } })],
    [`DELETE ${one}`, named('delete')],
    ...(kind === 'n' || kind === 't'
      ? []
      : ([
          [`POST ${all}`, any({ body: { 'made{serial}': FIELDS } })],
          // `shared` is mapped
          [`DELETE ${all}`, any({ status: 409 })],
        ] as [string, RouteCase][])),
  ]
}

function transformationCases({ prefix, kind, params, keyOrId, element }: Form): [string, RouteCase][] {
  const url = `${prefix}${keyOrId ? '/elements/:keyOrId' : ''}/transformations`
  const at = { ...params, ...(keyOrId ? { keyOrId } : {}) }
  const details = element ? { element } : {}
  const named = (objectName: string, more: object = {}) => row({ ...at, objectName }, { ...details, ...more })
  return [
    [`GET ${url}`, row(at, details)],
    [`GET ${url}/:objectName`, named(`keep-${kind}-{label}`)],
    [`POST ${url}/:objectName`, named('shared', { body: MAPPING })],
    [`PUT ${url}/:objectName`, named(`keep-${kind}-{label}`, { body: MAPPING })],
    [`DELETE ${url}/:objectName`, named('shared')],
    [`DELETE ${url}`, row(at, details)],
  ]
}

/** Common resources, their definitions and transformations. */
export const RESOURCE_CASES: RouteCases = {
  ...Object.fromEntries(FORMS.flatMap(transformationCases)),
  ...Object.fromEntries(FORMS.flatMap(definitionCases)),
  'POST /organizations/objects/definition': own({ body: { 'made{serial}': FIELDS } }),
  'GET /organizations/objects/:objectName/transformations': own({ params: { objectName: 'shared' } }),
  'GET /accounts/:id/objects/:objectName/transformations': row({ id: '{account}', objectName: 'shared' }),
  'PUT /transformations': row(
    {},
    { body: { objectName: 'shared', level: 'instance', elementInstanceId: '{#instance}', ...MAPPING } },
  ),
  'POST /transformations/:objectName/execute': row(
    { objectName: 'shared' },
    { body: { instanceId: '{#instance}', payload: { name: 'x' } } },
  ),
  'GET /common-resources': own(),
  'PUT /common-resources': own({ body: { name: 'put{serial}', ...FIELDS } }),
  'GET /common-resources/:name': own({ params: { name: 'shared' } }),
  'GET /common-resources/:name/usages': own({ params: { name: 'shared' } }),
  'PATCH /common-resources/:name': row({ name: 'renamed-{label}' }, { body: { name: 'written{serial}' } }),
  'DELETE /common-resources/:name': row({ name: 'deleted-{label}' }),
}
