import type { Config } from '../config.ts'
import { declaredRoutes } from '../http/list-routes.ts'
import { documentText } from '../http/openapi/document-text.ts'

/** `valence openapi`: the description of the API as the hub serves it; starts nothing. */
export async function openapi({ publicUrl }: Pick<Config, 'publicUrl'>): Promise<void> {
  console.log(documentText(await declaredRoutes(), publicUrl))
}
