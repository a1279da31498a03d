import { type Done, ignoredText } from '../resources/vdrs/ignored.ts'
import type { Reply } from './app.ts'

/** A change that was made in part is a success whose header says what was ignored (spec 20 §6.2). */
export async function answerDone<Body>(reply: Reply, work: Promise<Done<Body>>): Promise<Body> {
  const { body, ignored } = await work
  sayIgnored(reply, ignored)
  return body
}

/** The same of a deletion: 200 with an empty body. */
export async function answerRemoved(reply: Reply, work: Promise<readonly string[]>): Promise<Reply> {
  sayIgnored(reply, await work)
  return reply.code(200).send()
}

function sayIgnored(reply: Reply, ignored: readonly string[]): void {
  if (ignored.length > 0) reply.header('elements-error', ignoredText(ignored))
}
