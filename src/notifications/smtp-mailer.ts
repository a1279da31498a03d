import type { Mailer } from './context.ts'

/**
 * Hands mails to an SMTP server: plain text, from the operator's address.
 *
 * @param url `smtps://user:password@host:465` or `smtp://host:587`; with a password the server must offer encryption
 */
export async function createSmtpMailer(url: string, from: string): Promise<{ mailer: Mailer; close(): void }> {
  const { createTransport } = await import('nodemailer')
  const { protocol, hostname, port, username, password } = new URL(url)
  const isEncrypted = protocol === 'smtps:'
  const transport = createTransport({
    ...{ host: hostname, port: Number(port || (isEncrypted ? 465 : 587)), secure: isEncrypted },
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    requireTLS: !isEncrypted && username !== '',
    ...{ pool: true, maxConnections: 4, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  // as objects: an address that is text would be parsed once more
  const address = (text: string) => ({ name: '', address: text })
  return {
    async mailer({ to, replyTo, subject, text }) {
      await transport.sendMail({
        from: address(from),
        to: to.map(address),
        ...(replyTo === undefined ? {} : { replyTo: address(replyTo) }),
        ...{ subject, text },
      })
    },
    close: () => transport.close(),
  }
}
