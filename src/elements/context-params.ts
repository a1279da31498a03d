/** Names a script may use (spec 11 §6.3), in the order in which `contextParams` lists them. */
const NAMES = [
  'request_body',
  'request_body_map',
  'request_headers',
  'request_path',
  'request_path_variables',
  'request_parameters',
  'request_expression',
  'request_method',
  'request_previous_response',
  'request_previous_response_headers',
  'request_vendor_method',
  'request_vendor_path',
  'request_vendor_url',
  'request_vendor_parameters',
  'request_vendor_headers',
  'request_vendor_body',
  'request_vendor_body_map',
  'object_name',
  'meta_data',
  'response_body',
  'response_body_map',
  'response_body_raw',
  'response_body_raw_map',
  'response_headers',
  'response_status_code',
  'response_iserror',
  'response_error',
  'events',
  'configuration',
]

/**
 * The names a script uses, as a comma list: computed by the platform, never taken from a body (spec 11 §6.1).
 * @param script text of a hook; names in strings and comments count as well
 */
export function contextParams(script: string): string {
  const words = new Set(script.match(/[A-Za-z_$][\w$]*/g))
  return NAMES.filter((name) => words.has(name)).join(',')
}
