/** A comparison of an integer sample (configuration manual, 7.1.2). */
export interface Comparison {
  readonly operator: 'eq' | 'ge' | 'gt' | 'le' | 'lt';
  readonly value: number;
}

/** Ways to match by HAProxy's words behind `-m` (configuration manual, 7.1.3 to 7.1.6). */
export type Match = 'str' | 'beg' | 'end' | 'sub' | 'dir' | 'dom' | 'reg' | 'ip' | 'bin' | 'len' | 'int';

/**
 * What a sample is held against: it is there and true, it is there at all, it matches any of the patterns in its usual way or in a given one, all
 * comparisons hold, or a map's keys or a list hold it.
 */
export type Test =
  | { readonly kind: 'is'; readonly value: boolean }
  | { readonly kind: 'found'; readonly value: boolean }
  | { readonly kind: 'match'; readonly match: Match; readonly ignoreCase: boolean; readonly patterns: readonly string[] }
  | { readonly kind: 'patterns'; readonly patterns: readonly string[] }
  | { readonly kind: 'compare'; readonly all: readonly Comparison[] }
  | { readonly kind: 'map'; readonly map: string }
  | { readonly kind: 'list'; readonly list: string; readonly ignoreCase: boolean };

/**
 * A condition: samples tested, named ACLs, and their combination. `sample` is a HAProxy sample or ACL word with converters, e.g. `path_beg`; `host` is
 * weir's own word for the host that is asked for. Multiplied out it may have 256 alternatives: an `all` multiplies those of its parts, an `any` adds them,
 * the other way round below a `not`.
 */
export type Condition =
  | { readonly kind: 'sample'; readonly sample: string; readonly test: Test }
  | { readonly kind: 'acl'; readonly acl: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };
