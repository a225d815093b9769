import type { SqlMutation, SqlView } from './edit.ts';

/** The views of the contract (section 6) that a user's SQL joins. */
const VIEWS = new Set(['stream', 'batch', 'online', 'population', 'iteration', 'satisfaction']);

/** A join that loses rows, matches the wrong customer, or keeps what has no partner. */
export function joins(view: SqlView, key: { readonly name: string; readonly type: 'bigint' | 'text' }): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const [i] of view.tokens.entries()) {
    if (view.word(i) !== 'join' || !VIEWS.has(view.word(i + 1))) continue;
    const relation = view.text(i + 1, i + 1);
    const isLeft = view.word(i - 1) === 'left' || view.word(i - 2) === 'left';
    if (!isLeft) found.push(view.replace('join', i, i, 'LEFT JOIN', `${relation} is joined outer`));
    const some = key.type === 'bigint' ? `${key.name} % 5 <> 0` : `length(${key.name}) % 2 = 0`;
    const lossy = `(SELECT * FROM ${relation} WHERE ${some})`;
    found.push(view.replace('join', i + 1, i + 1, lossy, `every fifth row of ${relation} is lost`));
    if (!isLeft) found.push(view.replace('join', i, i + 1, `LEFT JOIN ${lossy}`, `every fifth row of ${relation} is null`));
    const on = view.until(i + 1, new Set(['on']));
    const equals = on < view.tokens.length ? view.until(on + 1, new Set(['='])) : view.tokens.length;
    // `a.key = b.key`: the name behind the second dot.
    if (view.word(equals) === '=' && view.word(equals + 2) === '.' && key.type === 'bigint')
      found.push(
        view.replace(
          'join',
          equals + 3,
          equals + 3,
          `${view.text(equals + 3, equals + 3)} + 1`,
          `${relation} is joined by the next customer's key`,
        ),
      );
  }
  return found;
}

/** A branch of a UNION ALL left out, or UNION for UNION ALL. */
export function unions(view: SqlView): SqlMutation[] {
  const found: SqlMutation[] = [];
  for (const [i] of view.tokens.entries()) {
    if (view.word(i) !== 'union') continue;
    const all = view.word(i + 1) === 'all';
    const end = view.until(i + 2, new Set(['union', ';'])) - 1;
    found.push(view.replace('union', i, end, '', `the branch at line ${view.tokens[i + 2]?.line ?? 0} is gone`));
    if (all) found.push(view.replace('union', i, i + 1, 'UNION', 'UNION ALL became UNION'));
  }
  return found;
}

/** Texts with another case, or another text of the same query. */
export function texts(view: SqlView): SqlMutation[] {
  const literals = view.tokens.flatMap((token, index) =>
    token.kind === 'string' && /^'[^']+'$/.test(token.text) ? [{ token, index }] : [],
  );
  const words = [...new Set(literals.map(({ token }) => token.text).filter((text) => /^'[a-z_]+'$/.test(text)))];
  return literals.flatMap(({ token, index }) => {
    if (!/^'[a-z_]+'$/.test(token.text)) {
      const trimmed = token.text.replace(/ '$/, "'");
      return trimmed === token.text ? [] : [view.replace('text', index, index, trimmed, `${token.text} lost its last blank`)];
    }
    const upper = `'${token.text.charAt(1).toUpperCase()}${token.text.slice(2)}`;
    const other = words[(words.indexOf(token.text) + 1) % words.length] ?? token.text;
    return [
      view.replace('text', index, index, upper, `${token.text} became ${upper}`),
      ...(other === token.text ? [] : [view.replace('text', index, index, other, `${token.text} became ${other}`)]),
    ];
  });
}
