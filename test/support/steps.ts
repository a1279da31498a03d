import { expect, test } from 'vitest'
import type { Answer } from './hub.ts'

/** One call of a story and what its answer shows: the status, and members of the body or a claim about the whole answer. */
export type Step = [fact: string, call: string, body: unknown, status: number, shows?: unknown]

/** Sends `METHOD /path` as whoever the story is about; `{names}` in the path are filled in by it. */
export type Send = (method: string, path: string, body?: unknown) => Promise<Answer>

/** A story: each step is a test, and builds on the ones before. */
export function tellSteps(steps: readonly Step[], send: () => Send): void {
  for (const [fact, call, body, status, shows] of steps) {
    test(fact, async () => {
      const [method = '', path = ''] = call.split(/ (.*)/)
      const answer = await send()(method, path, body)
      expect(answer.status, answer.text).toBe(status)
      if (typeof shows === 'function') shows(answer)
      else if (shows !== undefined) expect(answer.body).toMatchObject(shows as object)
    })
  }
}

/** What clients take for "there is nothing" (spec 20 §3). */
export const NOTHING = { message: expect.stringMatching(/^No (.*) found$/) }
/** The same of one thing, which may name it. */
export const NOT_FOUND = { message: expect.stringMatching(/^No .*found/) }
