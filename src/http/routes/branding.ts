import Type from 'typebox'
import { type Branding, deleteBranding, putBranding, readOwnBranding } from '../../accounts/branding/branding.ts'
import { OPTIONAL_FIELDS, REQUIRED_FIELDS } from '../../accounts/branding/branding-fields.ts'
import {
  deleteBrandingImage,
  findBrandingImage,
  MAX_IMAGE_BYTES,
  putBrandingImage,
} from '../../accounts/branding/branding-images.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { content, NOTHING, openBody, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { leaveBodies, readFile } from '../read-file.ts'
import type { ReceiveUpload } from '../receive-upload.ts'

const texts = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, Type.String()]))
const Required = Type.Object(texts(REQUIRED_FIELDS))
const Optional = Type.Partial(Type.Object(texts(OPTIONAL_FIELDS)))
const Images = Type.Partial(Type.Object(texts(['logo', 'favicon'])))
const BrandingRequest = Type.Intersect([Required, Optional], { title: 'BrandingRequest' })
const BrandingBody = Type.Unsafe<Branding>(
  Type.Intersect([Type.Partial(Required), Optional, Images], { title: 'Branding' }),
)
const File = Type.String({ contentMediaType: 'application/octet-stream', description: 'PNG, JPEG, GIF, WebP or ICO' })
const Image = uncheckedBody({ 'multipart/form-data': Type.Object({ file: File }) })

/** Whatever it is, it is shown as an image and does nothing. */
const IMAGE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  // its address is its own: another image has another one
  'cache-control': 'public, max-age=86400, immutable',
}

/** How the portal of an organization looks (spec 50 §9). */
export function brandingRoutes(
  app: App,
  { accountsContext: context, receiveUpload }: { accountsContext: AccountsContext; receiveUpload: ReceiveUpload },
): void {
  app.get(
    '/organizations/branding',
    {
      config: { operation: 'branding.read' },
      schema: { summary: 'Read the branding', response: { 200: BrandingBody } },
    },
    async (request) => readOwnBranding(context, callerOf(request)),
  )
  app.put(
    '/organizations/branding',
    {
      config: { operation: 'branding.update' },
      schema: {
        summary: 'Set the branding',
        description: 'Colours are `#rgb` or `#rrggbb`. The images stay.',
        body: openBody(BrandingRequest),
        response: { 200: BrandingBody },
      },
    },
    async (request) => putBranding(context, callerOf(request), request.body),
  )
  app.delete(
    '/organizations/branding',
    {
      config: { operation: 'branding.update' },
      schema: { summary: 'Remove the branding', description: 'The images as well.', response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, deleteBranding(context, callerOf(request))),
  )
  app.get(
    '/organizations/branding/images/:token',
    {
      config: { operation: 'brandingImages.read' },
      schema: {
        summary: 'Read an image of a branding',
        params: Type.Object({ token: Type.String({ description: 'Of the address in `logo` or `favicon`' }) }),
        response: { 200: content('image/png', File) },
      },
    },
    async (request, reply) => {
      const { contentType, bytes } = await findBrandingImage(context, request.params.token)
      return reply.headers({ ...IMAGE_HEADERS, 'content-type': contentType }).send(bytes)
    },
  )
  for (const kind of ['logo', 'favicon'] as const) {
    const file = { what: kind, maxBytes: MAX_IMAGE_BYTES }
    app.register(async (scope: App) => {
      leaveBodies(scope)
      scope.route({
        method: ['PATCH', 'PUT'],
        url: `/organizations/branding/${kind}`,
        config: { operation: 'branding.update' },
        schema: {
          summary: `Upload the ${kind}`,
          description: 'At most 512 KiB. SVG is not taken.',
          body: Image,
          response: { 200: BrandingBody },
        },
        bodyLimit: MAX_IMAGE_BYTES,
        handler: async (request, reply) =>
          putBrandingImage(context, callerOf(request), kind, await readFile(request, reply, receiveUpload, file)),
      })
    })
    app.delete(
      `/organizations/branding/${kind}`,
      {
        config: { operation: 'branding.update' },
        schema: { summary: `Remove the ${kind}`, response: { 200: NOTHING } },
      },
      async (request, reply) => empty(reply, deleteBrandingImage(context, callerOf(request), kind)),
    )
  }
}
