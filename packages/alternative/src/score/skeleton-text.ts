import type { Project } from '../names.ts';
import { LOGIC_FILE } from './logic.ts';
import { TYPES_FILE } from './types-text.ts';

/** A project's `alternative.ts` to begin with: it compiles, and says at the first customer that it is not written yet. */
export function alternativeSkeleton(project: Project): string {
  return `// ${project.name}: satisfaction.sql and actions.sql said a second time, for one customer, so that a mistake in one of them shows as a difference.
// Write it from what is meant, not from the SQL: a mistake that is copied is not found. Functions of \`c\` alone: no clock, no random numbers.
// \`./parallax explain RECORDING --project DIR --customer KEY --minute MINUTE\` shows both sides' values of one customer.
import type { Action, Customer, Result } from './${TYPES_FILE}';

/** The satisfaction, 0 to 100 or null, then the other columns of satisfaction.sql in their order. */
export function satisfaction(c: Customer): Result {
  throw new Error(\`${LOGIC_FILE} is not written yet: what is the satisfaction of \${c.customer_id}?\`);
}

/** What actions.sql returns for the customer. */
export function actions(c: Customer, result: Result): readonly Action[] {
  throw new Error(\`${LOGIC_FILE} is not written yet: what is done for \${c.customer_id} with \${result.satisfaction}?\`);
}
`;
}
