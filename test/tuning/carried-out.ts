import type { Hardware, Nic } from '../../tuning/hardware.ts';
import { ethtoolPath } from '../../tuning/knob-path.ts';
import type { PlannedNics } from '../../tuning/nic-knobs.ts';

/** The machine once each ethtool value holds what was wanted, and its first value is remembered. */
export function carriedOut(hardware: Hardware, { knobs }: PlannedNics): Hardware {
  const wanted = new Map(knobs.map(({ path, value }) => [path, value]));
  const originals: Record<string, string | null> = { ...hardware.originals };
  const nics = hardware.nics.map((one): Nic => {
    const now = (field: string, current: string | null | undefined) => {
      const path = ethtoolPath(one, field);
      const value = wanted.get(path);
      if (value === undefined || current === null || current === undefined) return null;
      originals[path] ??= current;
      return value;
    };
    const number = (field: string, current: number | null | undefined) => {
      const value = now(field, current == null ? null : `${current}`);
      return value === null ? (current ?? null) : Number(value);
    };
    const { channels: all, rings: ring } = one;
    return {
      ...one,
      channels:
        all === null
          ? null
          : {
              ...all,
              current: {
                rx: number('channels/rx', all.current.rx),
                tx: number('channels/tx', all.current.tx),
                combined: number('channels/combined', all.current.combined),
                other: null,
              },
            },
      rings:
        ring === null ? null : { ...ring, current: { rx: number('ring/rx', ring.current.rx), tx: number('ring/tx', ring.current.tx) } },
      coalescing:
        one.coalescing === null
          ? null
          : Object.fromEntries(
              Object.entries(one.coalescing).map(([word, value]) => {
                const current = typeof value === 'boolean' ? (value ? 'on' : 'off') : `${value}`;
                const next = now(`coalesce/${word}`, current) ?? current;
                return [word, typeof value === 'boolean' ? next === 'on' : Number(next)];
              }),
            ),
      features:
        one.features === null
          ? null
          : Object.fromEntries(
              Object.entries(one.features).map(([name, value]) => [
                name,
                { ...value, isOn: (now(`feature/${name}`, value.isOn ? 'on' : 'off') ?? (value.isOn ? 'on' : 'off')) === 'on' },
              ]),
            ),
    };
  });
  return { ...hardware, nics, originals };
}
