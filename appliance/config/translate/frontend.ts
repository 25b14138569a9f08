import type { Bind, Frontend } from '../../../proxy/model.ts';
import { parseAddress, parseListen } from '../schema/address.ts';
import type { Document } from '../schema.ts';
import { usedAcls } from './acls.ts';
import { translateConditions } from './condition.ts';
import { translateRulesets } from './rule.ts';

/** What TLS offers to clients of an HTTP frontend, the preferred first. */
const HTTP_ALPN = ['h2', 'http/1.1'];

type FrontendInput = Document['frontends'][string];

/** A frontend in long form. */
export function translateFrontend(name: string, input: FrontendInput, document: Document): Frontend {
  const rules = translateRulesets(input);
  const useBackend = input.use_backend.map((rule) => ({ backend: rule.backend, condition: translateConditions(rule) }));
  const conditions = [...Object.values(rules).flat(), ...useBackend].map(({ condition }) => condition);
  return {
    name,
    mode: input.mode,
    maxconn: input.maxconn ?? null,
    timeouts: present(input.timeout),
    binds: input.bind.map((each) => translateBind(each, input.mode, document)),
    acls: usedAcls({ conditions, extra: input.extra }, Object.keys(document.acls)),
    rules,
    useBackend,
    inspectDelay: input['tcp-request inspect-delay'] ?? null,
    defaultBackend: input.default_backend ?? null,
    extra: input.extra,
  };
}

/** A map without what is not given. */
export function present<Value>(map: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(map).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** The addresses and ports of a bind, none of one on a UNIX socket; `*` and `::` are any address. */
export function listens(
  bind: FrontendInput['bind'][number],
  vips: Document['vips'],
): readonly { readonly address: string; readonly port: number }[] {
  const { vip, address, port } = bind;
  if (vip !== undefined) {
    const addresses = Object.hasOwn(vips, vip) ? (vips[vip]?.addresses ?? []) : [];
    return addresses.map((each) => ({ address: parseAddress(each)?.text ?? each, port: port ?? 0 }));
  }
  if (address === undefined) return [];
  const bare = address === '*' ? '*' : parseAddress(address)?.text;
  const parsed = bare === undefined ? parseListen(address) : { address: bare === '0.0.0.0' ? '*' : bare, port: port ?? 0 };
  return typeof parsed === 'string' ? [] : [{ address: parsed.address, port: parsed.port }];
}

function translateBind(bind: FrontendInput['bind'][number], mode: 'http' | 'tcp', { vips }: Document): Bind {
  const alpn = bind.alpn ?? (mode === 'http' ? HTTP_ALPN : []);
  const ssl = bind.ssl === undefined ? null : { certificates: bind.ssl, alpn };
  const options = { ssl, acceptProxy: bind['accept-proxy'] };
  if (bind.unix !== undefined) return { kind: 'unix', path: bind.unix, mode: bind.mode === 600 ? '600' : '666', ...options };
  const at = listens(bind, vips);
  return { kind: 'tcp', addresses: at.map(({ address }) => address), port: at[0]?.port ?? 0, ...options };
}
