import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { vi } from 'vitest'

export interface SunkMail {
  from: string
  to: string[]
  /** headers and body as they came, lines ended by \n */
  data: string
}

export interface SmtpSink {
  /** `smtp://127.0.0.1:…` */
  url: string
  readonly mails: readonly SunkMail[]
  /** what the next recipients are answered: `250` unless told otherwise */
  answer(reply: string): void
  /** @throws with what came after 10 s */
  arrived(count: number): Promise<readonly SunkMail[]>
  close(): Promise<void>
}

/** A mail server that keeps what it gets (RFC 5321, as much of it as a client needs). */
export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: SunkMail[] = []
  const sockets = new Set<Socket>()
  let reply = '250 ok'
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    converse(socket, { mails, reply: () => reply })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    answer(next) {
      reply = next
    },
    async arrived(count) {
      const enough = () => {
        if (mails.length < count) throw new Error(`${count} mails expected, got ${JSON.stringify(mails)}`)
      }
      await vi.waitFor(enough, { timeout: 10_000, interval: 20 })
      return mails
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function converse(socket: Socket, { mails, reply }: { mails: SunkMail[]; reply(): string }): void {
  let text = ''
  let mail: SunkMail = { from: '', to: [], data: '' }
  let isData = false
  const say = (line: string) => void socket.write(`${line}\r\n`)
  say('220 sink')
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 2)
      if (isData) readLine(line)
      else command(line)
    }
  })

  function readLine(line: string): void {
    if (line !== '.') {
      mail.data += `${line.replace(/^\./, '')}\n`
      return
    }
    isData = false
    mails.push(mail)
    mail = { from: '', to: [], data: '' }
    say('250 kept')
  }

  function command(line: string): void {
    const address = /<(.*)>/.exec(line)?.[1] ?? ''
    const verb = line.slice(0, 4).toUpperCase()
    if (verb === 'MAIL') mail = { from: address, to: [], data: '' }
    if (verb === 'RCPT' && reply().startsWith('2')) mail.to.push(address)
    isData = verb === 'DATA'
    if (verb === 'QUIT') socket.end('221 bye\r\n')
    else say(isData ? '354 go on' : verb === 'RCPT' ? reply() : '250 ok')
  }
}
