import { canonicalJson, formatSecond, type InputFinding, type Project, sha256Hex } from '@parallax/core';
import type { Manifest } from './ledger-reader.ts';

/** Whether seal and close make the digest that they were committed with, and are of this project and minute. */
export function checkManifest(
  project: Pick<Project, 'name' | 'hash'>,
  { minute, seal, close, manifest }: Manifest,
): readonly InputFinding[] {
  const findings: InputFinding[] = [];
  const find = (detail: string): void => {
    findings.push({ stage: 'inputs', kind: 'manifest', source: null, detail, customers: null });
  };
  if (sha256Hex(canonicalJson({ seal, close })) !== manifest)
    find('seal and close do not make the digest that the iteration was committed with');
  if (seal.minute !== formatSecond(minute)) find(`the seal is of ${seal.minute}`);
  if (seal.project !== project.name) find(`the seal is of the project ${seal.project}`);
  else if (seal.projectHash !== project.hash)
    find('the coordinator sealed the minute with other files of the project than this side has read');
  return findings;
}
