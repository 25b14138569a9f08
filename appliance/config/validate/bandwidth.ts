import { suggestion } from '../nearest.ts';
import { type Problem, quote } from '../problem.ts';
import { type At, type Context, firsts, problem, tablesOfPeers } from './context.ts';
import type { Rule } from './rule-lists.ts';

type Section = Context['document']['frontends'][string] | Context['document']['backends'][string];

/** Checks bandwidth limits: rules name those of their own section, and tables of shared ones count what is limited. */
export function checkBandwidth(context: Context): readonly Problem[] {
  const { document, ruleLists } = context;
  const { frontends, backends } = document;
  const sections = [...Object.entries(frontends).map(at('frontends')), ...Object.entries(backends).map(at('backends'))];
  const byPlace = new Map(sections.map(({ place, section }) => [place.join(' '), section]));
  return [
    ...sections.flatMap(({ place, section }) => checkFilters(section, place, context)),
    ...ruleLists.flatMap(({ rules, at: place }) => {
      const section = byPlace.get(place.slice(0, 2).join(' '));
      return section === undefined
        ? []
        : rules.flatMap((rule, index) => checkRule(rule, section, [...place, index, 'set-bandwidth-limit']));
    }),
  ];
}

function at(section: 'frontends' | 'backends') {
  return ([name, thing]: readonly [string, Section]) => ({ place: [section, name] as At, section: thing });
}

function checkFilters(section: Section, place: At, { document }: Context): readonly Problem[] {
  const owners = firsts<string>();
  return (['in', 'out'] as const).flatMap((direction) =>
    Object.entries(section[`filter bwlim-${direction}`]).flatMap(([name, { table }]): readonly Problem[] => {
      const path = [...place, `filter bwlim-${direction}`, name];
      if (owners(name, name) !== null)
        return [
          { ...problem(path, `another limit of this section is called ${quote(name)} too`, 'rules name them: choose another'), on: 'key' },
        ];
      const stored = `bytes_${direction}_rate`;
      const tables = { ...tablesOfPeers(document), ...document['stick-tables'] };
      const own = table !== undefined && Object.hasOwn(tables, table) ? tables[table] : undefined;
      return own === undefined || own.store.some((each) => each.startsWith(`${stored}(`))
        ? []
        : [problem([...path, 'table'], `stick table ${quote(table ?? '')} does not store ${stored}`, `write store: [${stored}(1s)] there`)];
    }),
  );
}

function checkRule({ 'set-bandwidth-limit': said }: Rule, section: Section, place: At): readonly Problem[] {
  if (said === undefined) return [];
  const name = typeof said === 'string' ? said : said.name;
  const where = typeof said === 'string' ? place : [...place, 'name'];
  const limits = { ...section['filter bwlim-in'], ...section['filter bwlim-out'] };
  const own = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (own === undefined) {
    const known = Object.keys(limits);
    const hint = known.length === 0 ? 'define it below filter bwlim-in: or filter bwlim-out:' : suggestion(name, known);
    return [problem(where, `bandwidth limit ${quote(name)} is not defined in this section`, hint)];
  }
  return typeof said !== 'string' && own.key !== undefined && (said.limit !== undefined || said.period !== undefined)
    ? [problem(place, `bandwidth limit ${quote(name)} is shared: a rule cannot change it`, 'leave out limit and period')]
    : [];
}
