import type { App } from '../http/app.ts'
import { API_PREFIX } from '../http/dispatch.ts'
import type { Deliver } from '../simulator/vendor-webhooks.ts'

/** Webhooks of simulated vendors reach this hub, and nobody else: whoever may subscribe could have them sent anywhere. */
export function webhooksTo(hub: () => { publicUrl: string; api: App }): Deliver {
  return async ({ url, headers, body }) => {
    const { publicUrl, api } = hub()
    if (!url.startsWith(`${publicUrl}${API_PREFIX}/events/`)) return 0
    const reply = await api.inject({ method: 'POST', url: url.slice(publicUrl.length), headers, payload: body })
    return reply.statusCode
  }
}
