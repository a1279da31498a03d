import type { App } from '../app.ts'
import type { DeclaredRoute } from '../collect-routes.ts'
import { type Asset, compressedAsset, sendAsset, toAsset } from '../openapi/asset.ts'
import { documentText } from '../openapi/document-text.ts'
import { PAGE, pageHeaders, START } from '../openapi/reference-page.ts'
import { loadReferenceScript } from '../openapi/reference-script.ts'
import { JSON_TYPE } from '../reply-headers.ts'

const SCRIPT_TYPE = 'text/javascript; charset=utf-8'

/** The description of the API, and a page to read it and to try calls out; both are the same for everybody. */
export function referenceRoutes(app: App, deps: { routes: readonly DeclaredRoute[]; publicUrl(): string }): void {
  const page = toAsset('text/html; charset=utf-8', PAGE)
  const start = toAsset(SCRIPT_TYPE, START)
  let document: { url: string; asset: Asset } | undefined
  let script: Promise<Asset> | undefined

  app.get('/openapi.json', (request, reply) => {
    const url = deps.publicUrl()
    if (document?.url !== url) document = { url, asset: toAsset(JSON_TYPE, documentText(deps.routes, url)) }
    return sendAsset(request, reply, document.asset)
  })
  app.get('/reference', (request, reply) => {
    // what the page loads is relative to it
    if (/^[^?]*\/(?:\?|$)/.test(request.url)) return reply.redirect('../reference', 301)
    return sendAsset(request, reply.headers(pageHeaders(deps.publicUrl())), page)
  })
  app.get('/reference/start.js', (request, reply) => sendAsset(request, reply, start))
  app.get('/reference/scalar.js', async (request, reply) => {
    script ??= loadScript()
    return sendAsset(request, reply, await script)
  })

  async function loadScript(): Promise<Asset> {
    try {
      return compressedAsset(SCRIPT_TYPE, await loadReferenceScript())
    } catch (error) {
      script = undefined
      throw error
    }
  }
}
