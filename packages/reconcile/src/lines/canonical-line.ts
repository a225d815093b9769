const FIELD = /"([^"\\]*(?:\\.[^"\\]*)*)":("[^"\\]*(?:\\.[^"\\]*)*"|[^,}]*)[,}]/y;

/** The fields of a canonical line (contract, section 9), a flat JSON object, by name; each value as its JSON text, so that no digit is lost. */
export function fieldsOf(line: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  FIELD.lastIndex = 1;
  for (let match = FIELD.exec(line); match !== null; match = FIELD.exec(line)) {
    const [, name = '', value = ''] = match;
    fields.set(name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name, value);
    if (FIELD.lastIndex === line.length) return fields;
  }
  throw new SyntaxError(`no canonical line: ${line.slice(0, 200)}`);
}

/** The text of a field that holds a JSON text; null of null. */
export function textField(fields: ReadonlyMap<string, string>, name: string): string | null {
  const json = fields.get(name);
  if (json === undefined) throw new SyntaxError(`a line without ${name}`);
  const value = JSON.parse(json) as unknown;
  if (value !== null && typeof value !== 'string') throw new SyntaxError(`${name} is no text`);
  return value;
}
