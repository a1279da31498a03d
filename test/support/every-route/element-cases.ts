import { anyone, own, type RouteCase, type RouteCases, row } from './route-case.ts'

const element = { keyOrId: '{element}' }
const HOOK = { type: 'postRequest', body: 'done()' }
const PARAMETER = { name: 'q', type: 'query', vendorName: 'query', vendorType: 'query', dataType: 'string' }
const MODEL = {
  name: 'written',
  vendorName: 'Written',
  modelFields: [{ name: 'id', fieldMethods: [{ method: 'GET' }] }],
}

/** Lists of parts: their path below the element, what makes one, what changes one, and the row that is there. */
const PARTS: readonly { path: string; body: object; change: object; owner?: string; part: string }[] = [
  {
    path: 'configuration',
    body: { key: 'written.key', name: 'Written' },
    change: { defaultValue: 'x' },
    part: '{configuration}',
  },
  { path: 'parameters', body: PARAMETER, change: { name: 'other' }, part: '{parameter}' },
  { path: 'hooks', body: HOOK, change: { body: 'done({})' }, part: '{hook}' },
  {
    path: 'resources',
    body: { method: 'POST', path: '/written', vendorPath: '/w' },
    change: { vendorMethod: 'PUT' },
    part: '{resource}',
  },
  {
    path: 'resources/:owner/parameters',
    body: PARAMETER,
    change: { required: true },
    owner: '{resource}',
    part: '{resourceParameter}',
  },
  {
    path: 'resources/:owner/hooks',
    body: HOOK,
    change: { body: 'done({})' },
    owner: '{resource}',
    part: '{resourceHook}',
  },
  { path: 'objects', body: { name: 'written' }, change: { bulkDownloadEnabled: true }, part: '{object}' },
  {
    path: 'objects/:owner/fields',
    body: { name: 'written', type: 'string' },
    change: { displayName: 'W' },
    owner: '{object}',
    part: '{field}',
  },
  { path: 'models', body: MODEL, change: { displayName: 'Written' }, part: '{model}' },
]

function partCases(): [string, RouteCase][] {
  return PARTS.flatMap(({ path, body, change, owner, part }): [string, RouteCase][] => {
    const list = `/elements/:keyOrId/${path}`
    const params = owner === undefined ? element : { ...element, owner }
    return [
      [`GET ${list}`, row(params)],
      [`POST ${list}`, row(params, { body })],
      [`GET ${list}/:part`, row({ ...params, part })],
      [`PUT ${list}/:part`, row({ ...params, part }, { body: change })],
      [`DELETE ${list}/:part`, row({ ...params, part })],
    ]
  })
}

const DOCUMENT = {
  swagger: '2.0',
  info: { title: 'Written', version: '1' },
  host: 'api.written.example',
  paths: { '/days': { get: { responses: { 200: { description: 'days' } } } } },
}

/** Routes below `/elements`, `/hubs` and `/models`, but for instances. Deletions come from the inside out. */
export const ELEMENT_CASES: RouteCases = {
  'GET /elements': anyone(),
  'GET /elements/keys': anyone(),
  'GET /elements/metadata': anyone(),
  'POST /elements': own({ body: { name: 'Written', description: '', authentication: { type: 'custom' } } }),
  'POST /elements/convert': own({ body: DOCUMENT, slow: true }),
  'GET /elements/:keyOrId': row(element),
  'PUT /elements/:keyOrId': row(element, { body: { description: 'written' } }),
  'PATCH /elements/:keyOrId': row(element, { body: { description: 'written' } }),
  'PUT /elements/:keyOrId/active': row(element),
  'DELETE /elements/:keyOrId/active': row(element),
  'POST /elements/:keyOrId/clone': row(element),
  'GET /elements/:keyOrId/export': row(element),
  'GET /elements/:keyOrId/metadata': row(element),
  'GET /elements/:keyOrId/transformations': row(element),
  'GET /elements/:keyOrId/transformations/:objectName': row({ ...element, objectName: 'written' }),
  'GET /elements/:keyOrId/docs': row(element),
  'GET /elements/:keyOrId/lbdocs': row(element),
  'GET /elements/:keyOrId/versions': row(element),
  'GET /docs/:name': anyone({ params: { name: 'all_platform' } }),
  'GET /elements/:keyOrId/authentication-types': row(element),
  'GET /elements/:keyOrId/authentication-types/:type/configurations': row({ ...element, type: 'custom' }),
  'GET /elements/:keyOrId/accounts': row(element),
  'PUT /elements/:keyOrId/accounts/:accountId': row({ ...element, accountId: '{secondAccount}' }),
  'PUT /elements/:keyOrId/organization': row(element),
  'DELETE /elements/:keyOrId/organization': row(element),
  'DELETE /elements/:keyOrId/accounts/:accountId': row({ ...element, accountId: '{secondAccount}' }),
  'DELETE /elements/:keyOrId/resources/:owner/models': row({ ...element, owner: '{resource}' }),
  ...Object.fromEntries(partCases().filter(([route]) => !route.startsWith('DELETE'))),
  ...Object.fromEntries(
    partCases()
      .filter(([route]) => route.startsWith('DELETE'))
      .toReversed(),
  ),
  'GET /elements/:keyOrId/resources/:owner/models': row({ ...element, owner: '{resource}' }),
  'POST /elements/:keyOrId/resources/:owner/models': row({ ...element, owner: '{secondResource}' }, { body: MODEL }),
  'PUT /elements/:keyOrId/resources/:owner/models': row(
    { ...element, owner: '{resource}' },
    { body: { displayName: 'W' } },
  ),
  'PUT /elements/:keyOrId/configurations': row(element, { body: [{ key: '{configuration}', name: 'Written' }] }),
  'PUT /elements/:keyOrId/models': row(element, { body: [{ ...MODEL, name: 'upserted' }] }),
  'PUT /elements/:keyOrId/models/:part/fields': row({ ...element, part: '{model}' }, { body: [{ name: 'added' }] }),
  'DELETE /elements/:keyOrId': row({ keyOrId: '{secondElement}' }),

  // what Valence does not build: the same 400 for everybody who is signed in
  'POST /elements/:keyOrId/client-sdks': own({ params: element, status: 400 }),
  'GET /elements/client-sdks/:packageId': own({ params: { packageId: '1' }, status: 400 }),
  'POST /elements/client-sdks/publish': own({ status: 400 }),

  'GET /elements/:keyOrId/oauth/url': row(
    { keyOrId: '{oauthElement}' },
    { query: 'apiKey=k&apiSecret=s&callbackUrl=https://app.example.com' },
  ),
  'POST /elements/:keyOrId/oauth/url': row(
    { keyOrId: '{oauthElement}' },
    { body: { apiKey: 'k', apiSecret: 's', callbackUrl: 'https://app.example.com' } },
  ),
  'GET /elements/:keyOrId/oauth/url/default': row(
    { keyOrId: '{oauthElement}' },
    { query: 'callbackUrl=https://app.example.com' },
  ),
  'GET /elements/:keyOrId/oauth/token': row(
    { keyOrId: '{oauthElement}' },
    { query: 'apiKey=k&apiSecret=s&callbackUrl=https://app.example.com', status: 400 },
  ),
  'GET /elements/:keyOrId/oauth/application': row({ keyOrId: '{oauthElement}' }),
  'PUT /elements/:keyOrId/oauth/application': row(
    { keyOrId: '{oauthElement}' },
    { body: { apiKey: 'written', apiSecret: 'written', callbackUrl: 'https://app.example.com' } },
  ),
  'DELETE /elements/:keyOrId/oauth/application': row({ keyOrId: '{oauthElement}' }),
  'GET /elements/oauthProxies': own(),
  'POST /elements/oauthProxies': own({ body: { name: 'Written', apiKey: 'written', apiSecret: 'written' } }),
  'POST /elements/oauthProxies/:id/applicationUrl': row(
    { id: '{proxy}' },
    { query: 'applicationUrl=https://written.example.com/.*' },
  ),
  'DELETE /elements/oauthProxies/:id/applicationUrl': row({ id: '{proxy}' }, { query: 'applicationUrl={proxyUrl}' }),
  'DELETE /elements/oauthProxies/:id': row({ id: '{proxy}' }),
  // the vendor's browser comes back with a state that nobody gave out
  'GET /oauthproxy/:id': anyone({ params: { id: '{proxy}' }, query: 'state=nothere&code=x', status: 404 }),

  'GET /hubs': anyone(),
  'GET /hubs/keys': anyone(),
  'POST /hubs': own({ body: { name: 'Written', key: 'written' } }),
  'GET /hubs/:key': row({ key: '{hub}' }),
  'GET /hubs/:key/elements': row({ key: '{hub}' }),
  'GET /hubs/:key/models': anyone({ params: { key: 'crm' } }),
  'GET /hubs/:key/models/:object': anyone({ params: { key: 'crm', object: 'contacts' } }),
  'GET /hubs/:key/coverage': anyone({ params: { key: 'crm' } }),
  'DELETE /hubs/:key': row({ key: '{hub}' }),
  'POST /models/:name/schema': own({ params: { name: 'day' }, body: { id: 1 } }),
  'POST /models/:name/csv': own({ params: { name: 'day' }, body: { id: 1 } }),
  // a body that is JSON is no CSV
  'POST /models/:name/schema/csv': own({ params: { name: 'day' }, body: { id: 1 }, status: 400 }),
  'GET /catalog-properties': own(),
  'PUT /catalog-properties': own({ body: [{ elementId: 201, hidden: false, position: 1, featured: true }] }),
}
