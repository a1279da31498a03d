import type { Reply } from './call.ts'

/** What the page shows; every value may come from a stranger. */
export interface ConsentRequest {
  vendor: string
  clientId: string
  scopes: readonly string[]
  redirectUri: string
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; background: #f3f4f6; color: #111827; margin: 0; display: grid; place-items: center; min-height: 100vh }
  main { background: #fff; border: 1px solid #e5e7eb; border-radius: 12px; padding: 2rem; width: min(26rem, 90vw); box-sizing: border-box; overflow-wrap: anywhere }
  h1 { font-size: 1.25rem; margin: 0 0 1rem } dt { color: #6b7280; font-size: .85rem } dd { margin: 0 0 .75rem }
  form { display: flex; gap: .75rem; margin-top: 1.5rem }
  button { flex: 1; padding: .6rem; border-radius: 8px; border: 1px solid #d1d5db; background: #fff; font: inherit; cursor: pointer }
  button[value=allow] { background: #1d4ed8; border-color: #1d4ed8; color: #fff }
  small { color: #6b7280 }`

/** The form posts to the address it came from, so that the request's parameters need not be repeated in the page. */
export function consentPage({ vendor, clientId, scopes, redirectUri }: ConsentRequest): Reply {
  const list = scopes.length > 0 ? scopes.map(escapeHtml).join(', ') : 'none asked for'
  return page(
    200,
    `${vendor} – authorize`,
    `
    <h1>Allow access to your ${escapeHtml(vendor)} account?</h1>
    <dl>
      <dt>Client id</dt><dd>${escapeHtml(clientId)}</dd>
      <dt>Scopes</dt><dd>${list}</dd>
      <dt>Returns to</dt><dd>${escapeHtml(redirectUri)}</dd>
    </dl>
    <form method="post">
      <button name="decision" value="deny">Deny</button>
      <button name="decision" value="allow">Allow</button>
    </form>
    <p><small>Simulated vendor, for development only.</small></p>`,
  )
}

/** For requests that must not be sent back to their redirect address (RFC 6749 §4.1.2.1). */
export function refusalPage(vendor: string, message: string): Reply {
  return page(
    400,
    `${vendor} – request refused`,
    `<h1>This authorization request cannot be used</h1><p>${escapeHtml(message)}</p>`,
  )
}

function page(status: number, title: string, content: string): Reply {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${content}</main></body></html>`,
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
