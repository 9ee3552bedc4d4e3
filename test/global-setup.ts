import type { TestProject } from 'vitest/node';

export async function setup(project: TestProject): Promise<void> {
  project.provide('postgresUrl', process.env['FINOVA_POSTGRES_URL'] ?? '');
  project.provide('mongodbUrl', process.env['FINOVA_MONGODB_URL'] ?? '');
}
