import { execa } from 'execa';
import { requireImageRoot } from '../../support/root.ts';
import { needs } from '../needs.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type Lab, startLab } from './lab.ts';
import { originConfiguration } from './nginx.ts';
import { startProgram } from './program.ts';

/** Makes what a bench of loads needs on this machine: the image's root, the load generators, certificates. @throws Error that says what to run first. */
export async function prepare(): Promise<Certificates> {
  needs('build/root');
  await execa('image/bench', { stdio: ['ignore', 'inherit', 'inherit'] });
  requireImageRoot();
  return makeCertificates();
}

/** Does something in a lab whose origin serves, and takes both away. */
export async function withOrigin(threads: number, certificates: Certificates, act: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await startLab(threads);
  try {
    const { argv, files } = originConfiguration(certificates, lab.otherCpus.length);
    const origin = await startProgram(lab.origin, argv, files);
    try {
      await act(lab);
    } finally {
      await origin.stop();
    }
  } finally {
    await lab.stop();
  }
}
