/** Names of the request's fields, read from the tables that declare them; good enough to complete names. */
export function requestFields(toml: string): string[] {
  const found = toml.matchAll(/^\s*\[\s*request\s*\.\s*"?([A-Za-z_]\w*)"?\s*\]/gm);
  return [...new Set(Array.from(found, ([, name]) => name ?? ""))];
}
