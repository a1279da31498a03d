import Type from 'typebox'
import { PAGING, WHERE } from './common-parameters.ts'
import { query, unchecked, uncheckedBody } from './describe-route.ts'

/** What calls of vendors say of themselves. Nothing of it is checked: what such a call costs must not grow by it. */
const resource = Type.String({
  description: 'The rest of the path, which may have several segments: `contacts/12/notes`',
})
export const BELOW_HUB = unchecked(Type.Object({ hub: Type.String({ description: 'Key of the hub' }), resource }))
export const BARE = unchecked(Type.Object({ resource }))

const { pageSize: _ofThePlatform, ...pages } = PAGING
const about = {
  description:
    'What it takes and answers is said by the element: `GET /elements/{keyOrId}`. Parameters that are named here are those that elements have in common.',
  ofInstance: true,
  response: {
    200: Type.Unsafe<never>(Type.Unknown({ description: 'What the vendor answered, as the element shapes it' })),
  },
}

export const READING = {
  ...about,
  summary: 'Read from a resource of an instance',
  querystring: query({
    ...pages,
    pageSize: Type.Integer({ minimum: 1, description: 'Records a page; how many at most is the vendor’s to say' }),
    where: WHERE,
    fields: Type.String({ description: 'Members of records to answer, as a comma list' }),
    orderBy: Type.String({ description: 'Member of records, with `asc` or `desc` behind it' }),
  }),
}

export const WRITING = {
  ...about,
  summary: 'Write to a resource of an instance',
  body: uncheckedBody(
    {
      'application/json': Type.Unknown(),
      'multipart/form-data': Type.Unknown(),
      'application/octet-stream': Type.Unknown(),
    },
    { required: false },
  ),
}
