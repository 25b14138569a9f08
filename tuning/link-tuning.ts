import { channelKinds, queueCount } from './channels.ts';
import { longestUsecs } from './coalescing.ts';
import type { Demand } from './demand.ts';
import type { Hardware, Knob, Nic, Rings } from './hardware.ts';
import { ethtoolPath, queuePath } from './knob-path.ts';
import { driverOf, type NicSituation } from './nic-situation.ts';
import { formatNumberList, parseNumberList } from './number-list.ts';

/** What the document says of the NICs of one link; null, or not there: the plan decides. */
export interface LinkTuning {
  /** Queues: of both directions in one, else so many of each. */
  readonly channels: number | null;
  readonly ring: Rings;
  /** By the words of `ethtool -C`. */
  readonly coalesce: Readonly<Record<string, number | boolean>>;
  /** By the long names of `ethtool -k`, or the short ones of `ethtool -K`. */
  readonly features: Readonly<Record<string, boolean>>;
  /** CPUs of the interrupts, as a list: `2-3,8`. */
  readonly irqCpus: string | null;
  /** CPUs that the kernel spreads received packets over (RPS), as a list. */
  readonly rpsCpus: string | null;
}

/** A value of the document that a NIC, or any, must not have: has the shape of the document's problems. */
export interface LinkProblem {
  readonly at: readonly ['tuning', 'links', string, ...string[]];
  readonly message: string;
  readonly hint?: string;
}

/** The names of offloads that `ethtool -K` takes for short (ethtool(8)). */
const shortNames: Readonly<Record<string, string>> = {
  rx: 'rx-checksumming',
  tx: 'tx-checksumming',
  sg: 'scatter-gather',
  tso: 'tcp-segmentation-offload',
  gso: 'generic-segmentation-offload',
  gro: 'generic-receive-offload',
  lro: 'large-receive-offload',
  rxvlan: 'rx-vlan-offload',
  txvlan: 'tx-vlan-offload',
  ntuple: 'ntuple-filters',
  rxhash: 'receive-hashing',
};

/** The long name of an offload. */
export function offloadName(name: string): string {
  return shortNames[name] ?? name;
}

/** What no NIC should be told, whatever it can do. */
export function refuseLinkTuning(
  links: Readonly<Record<string, LinkTuning>>,
  { isTransparent }: Pick<Demand, 'isTransparent'>,
): readonly LinkProblem[] {
  return Object.entries(links).flatMap(([link, { coalesce, features }]) => {
    const at = (...keys: readonly string[]) => ['tuning', 'links', link, ...keys] as const;
    const lro = Object.keys(features).find((name) => offloadName(name) === 'large-receive-offload' && features[name] === true);
    return [
      ...(lro !== undefined && isTransparent
        ? [
            {
              at: at('features', lro),
              message: `${lro} breaks connections whose addresses are not of this machine: the NIC merges packets that must be sent on as they came`,
              hint: 'leave it out',
            },
          ]
        : []),
      ...(['rx', 'tx'] as const).flatMap((direction): readonly LinkProblem[] => {
        const usecs = `${direction}-usecs`;
        if (coalesce[usecs] === undefined) return [];
        if (coalesce[`adaptive-${direction}`] === true)
          return [
            {
              at: at('coalesce', usecs),
              message: `${usecs} does nothing while adaptive-${direction} is true`,
              hint: 'leave out one of them',
            },
          ];
        if (Number(coalesce[usecs]) > longestUsecs)
          return [
            {
              at: at('coalesce', usecs),
              message: `${usecs} above ${longestUsecs} makes every answer wait for it`,
              hint: `write ${longestUsecs} or less`,
            },
          ];
        return [];
      }),
    ];
  });
}

/** What a document's values ask of a NIC beyond what it can do, and the values without that. */
export function checkLinkTuning(
  hardware: Hardware,
  nic: Nic,
  link: string,
  values: LinkTuning,
): { readonly values: LinkTuning; readonly problems: readonly LinkProblem[] } {
  const problems: LinkProblem[] = [];
  const isRefused = (keys: readonly string[], refusal: Refusal | null): boolean => {
    if (refusal !== null) problems.push({ at: ['tuning', 'links', link, ...keys], ...refusal });
    return refusal !== null;
  };
  const within = <Value>(record: Readonly<Record<string, Value>>, key: string, refusal: (name: string, value: Value) => Refusal | null) =>
    Object.fromEntries(Object.entries(record).filter(([name, value]) => !isRefused([key, name], refusal(name, value))));
  const cpus = (key: string, list: string | null) => (isRefused([key], missingCpus(hardware, list)) ? null : list);
  const ring = (direction: 'rx' | 'tx') =>
    isRefused(['ring', direction], ringRefusal(nic, direction, values.ring[direction])) ? null : values.ring[direction];
  const fitting: LinkTuning = {
    channels: isRefused(['channels'], channelRefusal(nic, values.channels)) ? null : values.channels,
    ring: { rx: ring('rx'), tx: ring('tx') },
    coalesce: within(values.coalesce, 'coalesce', (name) => coalesceRefusal(nic, name)),
    features: within(values.features, 'features', (name, isOn) => featureRefusal(nic, name, isOn)),
    irqCpus: cpus('irq-cpus', values.irqCpus),
    rpsCpus: cpus('rps-cpus', values.rpsCpus),
  };
  return { values: fitting, problems };
}

type Refusal = Pick<LinkProblem, 'message' | 'hint'>;

function channelRefusal(nic: Nic, wanted: number | null): Refusal | null {
  if (nic.channels === null || wanted === null) return null;
  const kinds = channelKinds(nic);
  if (kinds.length === 0) return { message: `${nic.name} (${driverOf(nic)}) has no channels to set`, hint: 'leave it out' };
  const most = Math.min(...kinds.map((kind) => nic.channels?.max[kind] ?? 0));
  return wanted <= most
    ? null
    : { message: `${nic.name} (${driverOf(nic)}) has at most ${most} channels, not ${wanted}`, hint: `write ${most} or less` };
}

function ringRefusal(nic: Nic, direction: 'rx' | 'tx', wanted: number | null): Refusal | null {
  if (nic.rings === null || wanted === null) return null;
  const most = nic.rings.max[direction] ?? 0;
  if (most === 0) return { message: `${nic.name} (${driverOf(nic)}) has no ${direction} ring to set`, hint: 'leave it out' };
  return wanted <= most
    ? null
    : {
        message: `the ${direction} ring of ${nic.name} (${driverOf(nic)}) holds at most ${most}, not ${wanted}`,
        hint: `write ${most} or less`,
      };
}

function coalesceRefusal(nic: Nic, word: string): Refusal | null {
  if (nic.coalescing === null || Object.hasOwn(nic.coalescing, word)) return null;
  const own = Object.keys(nic.coalescing).join(', ') || 'nothing of the kind';
  return { message: `${nic.name} (${driverOf(nic)}) has no ${word}`, hint: `it has ${own}` };
}

function featureRefusal(nic: Nic, name: string, isOn: boolean): Refusal | null {
  if (nic.features === null) return null;
  const feature = nic.features[offloadName(name)];
  if (feature === undefined)
    return { message: `${nic.name} (${driverOf(nic)}) has no feature ${name}`, hint: '"ethtool -k" shows what it has' };
  if (!feature.isFixed || feature.isOn === isOn) return null;
  return { message: `${nic.name} (${driverOf(nic)}) fixes ${name} ${feature.isOn ? 'on' : 'off'}`, hint: 'leave it out' };
}

function missingCpus({ cpus }: Hardware, list: string | null): Refusal | null {
  const missing = (cpusOf(list) ?? []).filter((id) => !cpus.some((cpu) => cpu.id === id));
  if (missing.length === 0) return null;
  const own = formatNumberList(cpus.map(({ id }) => id));
  return { message: `this machine has no CPU ${formatNumberList(missing)}`, hint: `its own are ${own}` };
}

/** The most CPUs that Linux can be built for (NR_CPUS, arch/x86/Kconfig). */
const mostCpus = 8192;

/** The CPUs of a list; null where there is none. */
export function cpusOf(list: string | null): readonly number[] | null {
  return list === null ? null : parseNumberList(list, mostCpus - 1);
}

/** The document's values as knobs; what a NIC fixes as the document wants it is none. CPUs of interrupts are planned with the interrupts. */
export function ownKnobs(situation: NicSituation): readonly Knob[] {
  const { nic, own } = situation;
  if (own === null) return [];
  const { channels, ring, coalesce, features } = own.values;
  const rpsCpus = cpusOf(own.values.rpsCpus);
  const knob = (path: string, value: string, key: string, reason = 'set by the document'): Knob => ({
    path,
    value,
    rule: 'exactly',
    reason,
    source: `config.yaml: tuning.links.${own.link}.${key}`,
  });
  const kinds = nic.channels === null ? (['combined'] as const) : channelKinds(nic);
  const rings = (['rx', 'tx'] as const).flatMap((direction) => (ring[direction] === null ? [] : [{ direction, size: ring[direction] }]));
  const fixed = (name: string) => nic.features?.[offloadName(name)]?.isFixed === true;
  return [
    ...(channels === null ? [] : kinds.map((kind) => knob(ethtoolPath(nic, `channels/${kind}`), `${channels}`, 'channels'))),
    ...rings.map(({ direction, size }) => knob(ethtoolPath(nic, `ring/${direction}`), `${size}`, `ring.${direction}`)),
    ...Object.entries(coalesce).map(([word, value]) =>
      knob(ethtoolPath(nic, `coalesce/${word}`), typeof value === 'boolean' ? onOff(value) : `${value}`, `coalesce.${word}`),
    ),
    ...(['rx', 'tx'] as const)
      .filter((direction) => needsFixedInterval(nic, coalesce, direction))
      .map((direction) =>
        knob(
          ethtoolPath(nic, `coalesce/adaptive-${direction}`),
          'off',
          `coalesce.${direction}-usecs`,
          `set by the document: ${direction}-usecs would do nothing while it is on`,
        ),
      ),
    ...Object.entries(features)
      .filter(([name]) => !fixed(name))
      .map(([name, isOn]) => knob(ethtoolPath(nic, `feature/${offloadName(name)}`), onOff(isOn), `features.${name}`)),
    ...(rpsCpus === null
      ? []
      : Array.from({ length: queueCount(situation, 'rx') ?? 1 }, (_, queue) =>
          knob(queuePath(nic, `rx-${queue}`, 'rps_cpus'), formatNumberList(rpsCpus), 'rps-cpus'),
        )),
  ];
}

function needsFixedInterval(nic: Nic, coalesce: LinkTuning['coalesce'], direction: 'rx' | 'tx'): boolean {
  const word = `adaptive-${direction}`;
  return coalesce[`${direction}-usecs`] !== undefined && coalesce[word] === undefined && nic.coalescing?.[word] !== undefined;
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}
