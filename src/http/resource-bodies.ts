/** of one common resource, or of a dictionary of them */
export const MAX_RESOURCE_BODY = 4 * 1024 * 1024
