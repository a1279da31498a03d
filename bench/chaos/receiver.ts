import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** One delivery as it reached the receiver, whatever that made of it. */
export interface Arrival {
  instanceId: number
  /** what the vendor wrote into the body */
  sequence: number
  eventId: string
  answer: 'taken' | '503' | 'reset' | 'silence'
}

export interface FailingReceiver {
  url: string
  /** in order of arrival */
  arrivals: readonly Arrival[]
  close(): Promise<void>
}

export interface Failures {
  /** of all attempts: half of them 503, half broken connections */
  share: number
  /** of all attempts: no answer at all, until the hub gives up after 30 s */
  silentShare: number
  /** of one event: so many at most, or the tail of 4^x seconds would decide how long a run takes */
  most: number
}

/** Whoever hears of the events, and often enough does not want to. */
export async function startFailingReceiver(random: () => number, failures: Failures): Promise<FailingReceiver> {
  const arrivals: Arrival[] = []
  const failed = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined)
    if (!body) return // whoever sent it was killed in the middle of it
    const { message } = JSON.parse(body.toString())
    const arrival = { instanceId: message.instanceId, sequence: message.raw.sequence, eventId: message.eventId }
    const name = `${arrival.instanceId} ${arrival.sequence}`
    const count = failed.get(name) ?? 0
    const answer = count < failures.most ? chosen(random(), failures) : 'taken'
    if (answer !== 'taken') failed.set(name, count + 1)
    arrivals.push({ ...arrival, answer })
    give(answer, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrivals,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function chosen(value: number, { share, silentShare }: Failures): Arrival['answer'] {
  if (value < silentShare) return 'silence'
  if (value < silentShare + share / 2) return 'reset'
  return value < silentShare + share ? '503' : 'taken'
}

function give(answer: Arrival['answer'], response: ServerResponse): void {
  if (answer === 'reset') response.destroy()
  else if (answer === '503') response.writeHead(503).end()
  else if (answer === 'taken') response.writeHead(200).end()
}
