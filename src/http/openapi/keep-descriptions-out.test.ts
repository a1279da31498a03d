import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import Type from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectRoutes } from '../collect-routes.ts'
import { openBody, query, unchecked, uncheckedBody } from './describe-route.ts'
import { keepDescriptionsOut } from './keep-descriptions-out.ts'

const app = fastify().withTypeProvider<TypeBoxTypeProvider>()
const routes = collectRoutes(app)
keepDescriptionsOut(app)
const Answer = Type.Object({ id: Type.Integer() })
const answer = { id: 1.5, more: 'kept' } as { id: number }
const described = {
  summary: 'Described',
  querystring: query({ id: Type.Integer() }, ['id']),
  response: { 200: Answer },
}
app.get('/read', { schema: described }, () => answer)
app.post('/any', { schema: { ...described, body: uncheckedBody({ 'application/json': Answer }) } }, () => answer)
app.post('/open', { schema: { body: openBody(Answer) } }, (request) => request.body)
app.post(
  '/checked/:id',
  { schema: { params: Type.Object({ id: Type.String({ maxLength: 2 }) }), body: Answer } },
  () => 'ok',
)
app.get('/place/:id', { schema: { params: unchecked(Type.Object({ id: Type.Integer() })) } }, ({ routeOptions }) => ({
  schema: routeOptions.schema ?? 'none',
}))

beforeAll(() => app.ready())
afterAll(() => app.close())

const post = (url: string, body?: unknown) =>
  app.inject({ method: 'POST', url, ...(body === undefined ? {} : { payload: body as object }) })

describe('what is said of a route', () => {
  test('is kept for the document', () => {
    expect(routes.find(({ url }) => url === '/read')?.schema).toBe(described)
  })

  test.each(['/read', '/read?id=', '/read?id=x&id=y', '/read?other=1'])('refuses no query: %s', async (url) => {
    expect((await app.inject(url)).statusCode).toBe(200)
  })

  test('changes no answer', async () => {
    expect((await app.inject('/read')).json()).toEqual(answer)
  })

  test('refuses no body that the door does not check', async () => {
    for (const body of [undefined, { id: 'x' }, [1]]) expect((await post('/any', body)).json()).toEqual(answer)
  })

  test('leaves the members of an open body to the room', async () => {
    expect((await post('/open', { id: 'x', other: 1 })).json()).toEqual({ id: 'x', other: 1 })
    expect((await post('/open', [1])).statusCode).toBe(400)
  })

  test('is checked where it is no description only', async () => {
    expect((await post('/checked/1', { id: 1 })).statusCode).toBe(200)
    expect((await post('/checked/123', { id: 1 })).statusCode).toBe(400)
    expect((await post('/checked/1', { id: 'x' })).statusCode).toBe(400)
  })

  test('costs a call nothing: such a route has no schema', async () => {
    expect((await app.inject('/place/x')).json()).toEqual({ schema: 'none' })
  })
})
