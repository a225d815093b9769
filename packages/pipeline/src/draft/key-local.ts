/**
 * Whether a query's rows of a customer come of that customer's rows alone, so that those of some customers can be had without the others. Read from Spark's
 * optimised plan over views that stand on files of their own (`offeredPlans`); whatever is not understood is taken for no.
 */

interface Node {
  readonly text: string;
  readonly children: Node[];
}

/** @param plan what `explain` says in the mode `extended`; @param key the name of the key's column, which the query's rows must carry */
export function isKeyLocal(plan: string, key: string): boolean {
  const optimized = /== Optimized Logical Plan ==\n([\s\S]*?)\n\n?== Physical Plan ==/.exec(plan)?.[1] ?? '';
  const root = parse(optimized);
  if (root === null || /subquery#|exists#|outer\(/.test(optimized)) return false;
  const keys = keyIds(optimized);
  return outputs(root, key, keys) && isLocal(root, keys, false);
}

/** The tree that a plan's text shows. */
function parse(text: string): Node | null {
  const open: Node[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', operator = ''] = /^((?:[ :] {2})*(?:[:+]- )?)(.*)$/.exec(line) ?? [];
    const depth = indent.length / 3;
    const node: Node = { text: operator, children: [] };
    if (depth > 0) {
      const parent = open[depth - 1];
      if (parent === undefined) return null;
      parent.children.push(node);
    } else if (open.length > 0) {
      return null;
    }
    open.length = depth;
    open.push(node);
  }
  return open[0] ?? null;
}

const ALIAS = /[[,] ?(?:cast\()?[\w`.]+#(\d+)L?(?: as (?:bigint|string)\))? AS [^,()]*?#(\d+)L?(?=[,\]])/g;

/** The numbers of the columns that are a customer's key: the files' own, and whatever these are renamed or cast to. */
function keyIds(plan: string): ReadonlySet<string> {
  const keys = new Set([...plan.matchAll(/Relation \[key#(\d+)/g)].map(([, id = '']) => id));
  const renamed = [...plan.matchAll(ALIAS)];
  for (let before = -1; before !== keys.size; ) {
    before = keys.size;
    for (const [, from = '', to = ''] of renamed) if (keys.has(from)) keys.add(to);
  }
  return keys;
}

/** Whether the query's rows carry the key under its name. */
function outputs({ text, children }: Node, key: string, keys: ReadonlySet<string>): boolean {
  if (text.startsWith('Union')) return children.every((child) => outputs(child, key, keys));
  if (!/^(?:Project|Aggregate) \[/.test(text)) return false;
  const named = [...text.matchAll(/[[ ]([^\s[\],()]+)#(\d+)L?(?=[,\]])/g)].filter(([, name]) => name?.toLowerCase() === key.toLowerCase());
  return named.length > 0 && named.every(([, , id = '']) => keys.has(id));
}

function isLocal({ text, children }: Node, keys: ReadonlySet<string>, matched: boolean): boolean {
  const below = (is: boolean) => children.every((child) => isLocal(child, keys, is));
  if (/^(?:Project|Filter) /.test(text) || /^Relation \[/.test(text)) return below(matched);
  // Which columns of a union are keys of all its parts is not followed, so nothing may be matched by them.
  if (text.startsWith('Union')) return !matched && below(false);
  if (text.startsWith('Join ')) return (joinsKeys(text, keys) || children.some(isConstant)) && below(true);
  if (text.startsWith('Aggregate [')) return groupsByKey(text, keys) && below(true);
  return isConstant({ text, children });
}

/** One row, whoever the customers are: the view `iteration`. */
function isConstant({ text, children }: Node): boolean {
  if (text.startsWith('OneRowRelation') || text.startsWith('LocalRelation')) return true;
  return text.startsWith('Project ') && children.length > 0 && children.every(isConstant);
}

/** Whether one of the conditions, all of which must hold, is that both sides' keys are equal. */
function joinsKeys(text: string, keys: ReadonlySet<string>): boolean {
  const condition = /^Join \w+, (.*)$/.exec(text)?.[1] ?? '';
  return conjuncts(condition).some((each) => {
    const [, a = '', b = ''] = /^\([\w`.]+#(\d+)L? = [\w`.]+#(\d+)L?\)$/.exec(each) ?? [];
    return keys.has(a) && keys.has(b);
  });
}

/** The conditions that `(a AND (b AND c))` puts together; what else stands there is one of its own. */
function conjuncts(text: string): readonly string[] {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth += 1;
    else if (text[i] === ')') depth -= 1;
    // The hint of a join stands behind its condition.
    if (depth === 0 && i < text.length - 1) return text[i + 1] === ',' ? conjuncts(text.slice(0, i + 1)) : [text];
    if (depth === 1 && text.startsWith(' AND ', i)) return [...conjuncts(text.slice(1, i)), ...conjuncts(text.slice(i + 5, -1))];
  }
  return [text];
}

function groupsByKey(text: string, keys: ReadonlySet<string>): boolean {
  const grouping = /^Aggregate \[([^\]]*)\]/.exec(text)?.[1] ?? '';
  return grouping.split(', ').some((each) => keys.has(/^[\w`.]+#(\d+)L?$/.exec(each)?.[1] ?? ''));
}
