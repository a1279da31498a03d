import { own, type RouteCases, row } from './route-case.ts'

const id = { id: '{vdr}' }
const transformation = { ...id, transformationId: '{vdrTransformation}' }
const snippet = { snippetId: '{snippet}' }
const FIELD = { path: 'written', level: 'account' }
const DOCUMENT = {
  vdrName: 'imported',
  definition: { fields: [{ path: 'written' }] },
  transformation: { base: { vendorName: 'contacts', fields: [{ path: 'written', vendorPath: 'name' }] } },
}

/** Common resources of the owner's account, which nobody of another one sees (spec 20 §6). */
export const VDR_CASES: RouteCases = {
  'GET /vdrs': own(),
  'GET /vdrs/snippets': own(),
  'GET /vdrs/snippets/:snippetId': row(snippet),
  'GET /vdrs/:id': row(id),
  'GET /vdrs/:id/export': row(id),
  'GET /vdrs/:id/transformations': row(id),
  'GET /vdrs/:id/transformations/:transformationId': row(transformation),

  'POST /vdrs': own({ body: { objectName: 'written-{serial}', fields: [FIELD] } }),
  'PUT /vdrs/import': own({ body: DOCUMENT }),
  'PUT /vdrs/upgrade/v2': own(),
  'POST /vdrs/snippets': own({ body: { name: 'written', body: 'done()' } }),
  'PUT /vdrs/snippets/:snippetId': row(snippet, { body: { name: 'Renamed' } }),
  'PUT /vdrs/:id': row(id, { body: { fields: [FIELD] } }),
  'POST /vdrs/:id/clone': row(id, { body: { objectName: 'cloned-{serial}' } }),
  'POST /vdrs/:id/transformations': row(id, {
    body: { vendorName: 'things', elementKey: '{element}', fields: [{ ...FIELD, vendorPath: 'name' }] },
  }),
  'PUT /vdrs/:id/transformations/:transformationId': row(transformation, { body: { vendorName: 'leads' } }),

  'DELETE /vdrs/upgrade/v2': own(),
  'DELETE /vdrs/snippets/:snippetId': row(snippet),
  'DELETE /vdrs/:id/transformations/:transformationId': row(transformation),
  'DELETE /vdrs/:id': row(id, { query: 'force=true' }),
}
