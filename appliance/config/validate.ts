import type { Problem } from './problem.ts';
import type { Document } from './schema.ts';
import { checkAuthorities } from './validate/authorities.ts';
import { checkBackends } from './validate/backends.ts';
import { checkBandwidth } from './validate/bandwidth.ts';
import { checkBinds } from './validate/binds.ts';
import { checkCaptures } from './validate/captures.ts';
import { checkCertificates } from './validate/certificates.ts';
import { checkConditions } from './validate/conditions.ts';
import { contextOf, type Surroundings } from './validate/context.ts';
import { checkErrorFiles } from './validate/error-files.ts';
import { checkFcgi } from './validate/fcgi.ts';
import { checkFrontends } from './validate/frontends.ts';
import { checkLinks } from './validate/links.ts';
import { checkLogForwards } from './validate/log-forwards.ts';
import { checkMail } from './validate/mail.ts';
import { checkMaps } from './validate/maps.ts';
import { checkOrder } from './validate/order.ts';
import { checkPeers } from './validate/peers.ts';
import { checkReadings } from './validate/readings.ts';
import { checkRules } from './validate/rules.ts';
import { checkSampleNames } from './validate/sample-names.ts';
import { checkServerSockets } from './validate/server-sockets.ts';
import { checkSplicing } from './validate/splicing.ts';
import { checkSpoe } from './validate/spoe.ts';
import { checkStages } from './validate/stages.ts';
import { checkSystem } from './validate/system.ts';
import { checkTlsVersions } from './validate/tls-versions.ts';
import { checkTransparent } from './validate/transparent.ts';
import { checkTuning } from './validate/tuning.ts';
import { checkVips } from './validate/vips.ts';
import { checkVrrp } from './validate/vrrp.ts';

const CHECKS = [
  checkSystem,
  checkLinks,
  checkVrrp,
  checkVips,
  checkCertificates,
  checkAuthorities,
  checkConditions,
  checkReadings,
  checkSampleNames,
  checkOrder,
  checkRules,
  checkCaptures,
  checkBandwidth,
  checkStages,
  checkMaps,
  checkFrontends,
  checkBinds,
  checkTlsVersions,
  checkBackends,
  checkMail,
  checkServerSockets,
  checkFcgi,
  checkLogForwards,
  checkErrorFiles,
  checkSplicing,
  checkSpoe,
  checkTransparent,
  checkPeers,
  checkTuning,
];

/** Everything that is wrong in how the things of a document go together: names, addresses, modes, files. Takes time in proportion to the document. */
export function validate(document: Document, surroundings: Surroundings): readonly Problem[] {
  const context = contextOf(document, surroundings);
  return CHECKS.flatMap((check) => check(context));
}
