import { anyone, type RouteCases } from './route-case.ts'

const EVENT = { body: { id: 'written{serial}' } }
const key = 'base'
/** nobody has it, and it is not theirs to know */
const reference = '1999999999'

/** Where vendors call: nobody signs in, and nobody is told whose an instance is. */
export const EVENT_CASES: RouteCases = {
  'POST /events/:key': anyone({ params: { key }, ...EVENT }),
  'GET /events/:key': anyone({ params: { key } }),
  'HEAD /events/:key': anyone({ params: { key } }),
  'POST /events/:key/:reference': anyone({ params: { key, reference }, ...EVENT }),
  'GET /events/:key/:reference': anyone({ params: { key, reference } }),
  'HEAD /events/:key/:reference': anyone({ params: { key, reference } }),
}
