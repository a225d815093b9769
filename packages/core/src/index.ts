export * from './canonical.ts';
export * from './errors.ts';
export * from './manifest.ts';
export * from './minute-report.ts';
export * from './project.ts';
export * from './sql-text.ts';
export * from './time.ts';
export * from './verdict.ts';
