import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type SmtpSink, startSmtpSink } from '../../support/smtp-sink.ts'

let hub: TestHub
let silent: TestHub
let sink: SmtpSink
beforeAll(async () => {
  sink = await startSmtpSink()
  ;[hub, silent] = await Promise.all([
    startTestHub({ VALENCE_SMTP_URL: sink.url, VALENCE_MAIL_FROM: 'hub@example.com' }),
    startTestHub(),
  ])
})
afterAll(async () => {
  await Promise.all([hub.close(), silent.close()])
  await sink.close()
})

const send = (body: object, from = hub) => from.call('POST', '/notifications/emails', { body })

describe('with a mail server', () => {
  test('mails leave from the operator, for all recipients, and can be read', async () => {
    const answer = await send({
      ...{
        to: 'a@example.com, B <b@example.com>',
        from: 'Ada <ada@example.com>',
        subject: 'Grüße\r\nBcc: c@example.com',
      },
      message: 'Zeile 1\n.\nZeile 3',
    })
    expect(answer).toMatchObject({ status: 200, text: '' })
    const [mail] = await sink.arrived(1)
    expect(mail).toMatchObject({ from: 'hub@example.com', to: ['a@example.com', 'b@example.com'] })
    const [head = ''] = mail?.data.split('\n\n') ?? []
    expect(head).toMatch(/^From: hub@example.com$/m)
    expect(head).toMatch(/^Reply-To: ada@example.com$/m)
    expect(head).not.toMatch(/^Bcc:/im)
    const shown = await vi.waitFor(async () => {
      const { body } = await hub.call('GET', '/notifications/emails')
      if (body[0]?.status !== 'sent') throw new Error(JSON.stringify(body))
      return body[0]
    })
    expect(shown).toMatchObject({ to: ['a@example.com', 'b@example.com'], subject: 'Grüße Bcc: c@example.com' })
    expect((await hub.call('GET', `/notifications/emails/${shown.id}`)).body.message).toBe('Zeile 1\n.\nZeile 3')
  })

  test('subscriptions by mail get one for each notification', async () => {
    const created = await hub.call('POST', '/notifications/subscriptions', {
      body: { channel: 'email', topics: ['mailed'], config: { to: 'ops@example.com' } },
    })
    const before = sink.mails.length
    const { body } = await hub.call('POST', '/notifications', {
      body: { topic: 'mailed', message: 'the shop is down' },
    })
    const mails = await sink.arrived(before + 1)
    expect(mails.at(-1)).toMatchObject({ to: ['ops@example.com'], data: expect.stringContaining('the shop is down') })
    expect(mails.at(-1)?.data).toMatch(/^Subject: \[low\] mailed$/m)
    const path = `/notifications/${body.id}/subscriptions/${created.body.id}/deliveries`
    expect((await hub.call('GET', path)).body).toMatchObject({ status: 'notified' })
  })

  test('what the server refuses for good is given up and says why', async () => {
    sink.answer('550 no such user')
    await send({ to: 'nobody@example.com', subject: 'refused' })
    const refused = await vi.waitFor(async () => {
      const { body } = await hub.call('GET', '/notifications/emails?pageSize=1')
      if (body[0]?.status !== 'failed') throw new Error(JSON.stringify(body))
      return body[0]
    })
    expect(refused.error).toContain('550')
    sink.answer('250 ok')
  })
})

test('without a mail server mails are stored and can be read', async () => {
  expect((await send({ to: 'a@example.com', subject: 's', message: 'm' }, silent)).status).toBe(200)
  const [mail] = (await silent.call('GET', '/notifications/emails')).body
  expect(mail).toMatchObject({ to: ['a@example.com'], subject: 's', status: 'stored' })
  expect((await silent.call('GET', `/notifications/emails/${mail.id}`)).body.message).toBe('m')
  expect((await silent.call('GET', '/notifications/emails/-1')).status).toBe(404)
})

describe('what is no mail is refused', () => {
  for (const [what, body] of [
    ['nothing', {}],
    ['no recipient', { subject: 's' }],
    ['a recipient that is none', { to: 'somebody' }],
    ['a recipient with a line break', { to: 'a@example.com\r\nBcc: b@example.com' }],
    ['a sender that is none', { to: 'a@example.com', from: 'x\r\nBcc: b@example.com' }],
    ['too many recipients', { to: Array.from({ length: 51 }, (_, n) => `a${n}@example.com`).join() }],
  ] as const) {
    test(what, async () => expect((await send(body, silent)).status).toBe(400))
  }
})
