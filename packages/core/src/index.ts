export * from './errors.ts';
export * from './project.ts';
export * from './time.ts';
