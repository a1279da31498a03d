import { expect } from 'vitest'
import type { Answer, TestHub } from './hub.ts'
import { provisionSimulated } from './provision-simulated.ts'

/** An instance of a shipped element on the simulator, and calls of it; the hub's answers are expected to be good. */
export interface CatalogInstance {
  id: number
  token: string
  /** the body; anything but a 200 fails the test with what was said */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  ok(method: string, path: string, body?: unknown): Promise<any>
  /** the answer, whatever it is */
  call(method: string, path: string, body?: unknown): Promise<Answer>
}

/** Provisions as a user would: through the consent page where the element has one. */
export async function provisionElement(
  hub: TestHub,
  key: string,
  configuration: Record<string, string> = {},
): Promise<CatalogInstance> {
  const { id, token } = await provisionSimulated(hub, key, configuration)
  const call = (method: string, path: string, body?: unknown) =>
    hub.call(method, path, { token, ...(body === undefined ? {} : { body }) })
  return {
    id,
    token,
    call,
    async ok(method, path, body) {
      const answer = await call(method, path, body)
      expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(200)
      return answer.body
    },
  }
}

/** Two pages put together are the page of twice the size, and tokens lead on one by one (spec 12 §1.1). */
export async function expectPages(instance: CatalogInstance, path: string, size = 2): Promise<void> {
  const mark = path.includes('?') ? '&' : '?'
  const first = await instance.call('GET', `${path}${mark}pageSize=${size}&page=1&nextPage=`)
  expect(first.status, first.text).toBe(200)
  expect(first.body).toHaveLength(size)
  const token = first.headers.get('elements-next-page-token')
  expect(token, `${path}: a token after a full page`).toBeTruthy()
  const second = await instance.ok('GET', `${path}${mark}pageSize=${size}&page=2&nextPage=${token}`)
  const both = await instance.ok('GET', `${path}${mark}pageSize=${size * 2}`)
  expect([...first.body, ...second]).toEqual(both)
}

/** Follows tokens to the end: every record once, no token on the last page. */
// biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
export async function allPages(instance: CatalogInstance, path: string, size: number): Promise<any[]> {
  const mark = path.includes('?') ? '&' : '?'
  const found: unknown[] = []
  let token = ''
  for (let page = 0; page < 100; page++) {
    const answer = await instance.call('GET', `${path}${mark}pageSize=${size}&nextPage=${token}`)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body.length).toBeLessThanOrEqual(size)
    found.push(...answer.body)
    token = answer.headers.get('elements-next-page-token') ?? ''
    if (token === '') return found
  }
  throw new Error(`${path}: more than 100 pages`)
}
