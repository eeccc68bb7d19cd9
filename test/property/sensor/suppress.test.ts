/**
 * Goal: no adding and subtracting of released figures isolates fewer than k contributors, within a table, across overlapping tables and
 * across successive releases; and no more is left out than some such combination calls for.
 * Method: fast-check over small tables, refereed by trying every combination of small weights; planted tables that must be found unsafe.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Atom,
  contributorsAtLeast,
  differencesBelow,
  type Figure,
  type Release,
} from '../../../edge/sensor/transform/differencing.ts';
import { K_DEFAULTS, suppress } from '../../../edge/sensor/transform/suppress.ts';
import { isolatedByTrying } from '../../support/differencing-referee.ts';

const atomOf = (key: string, contributors: number, window = 'w', cellsPerContributorMax = 1): Atom => ({
  key,
  window,
  contributors,
  cellsPerContributorMax,
});

/** Any figures over the same few cells: nested, overlapping, equal. */
const tangle = fc
  .array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 6 })
  .chain((counts) => {
    const atoms = counts.map((count, i) => atomOf(`a${i}`, count));
    return fc.array(fc.subarray(atoms, { minLength: 1 }), { minLength: 1, maxLength: 5 });
  })
  .map((sets) => sets.map((atoms, i): Figure => ({ key: `f${i}`, atoms })));

const threshold = fc.integer({ min: 2, max: 6 });

/** Two windows of cells, their parents, their totals, and the same again for both windows together. */
const hierarchy = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((cells) => {
    const atoms = cells.map(([parent, first, second], i) => ({
      parent,
      early: atomOf(`1/${i}`, first, '1'),
      late: atomOf(`2/${i}`, second, '2'),
    }));
    const tableOf = (name: string, pick: (each: (typeof atoms)[number]) => Atom[]): Figure[] => [
      ...atoms.map((each, i) => ({ key: `${name}/cell ${i}`, atoms: pick(each) })),
      ...[0, 1].map((parent) => ({
        key: `${name}/parent ${parent}`,
        atoms: atoms.filter((each) => each.parent === parent).flatMap(pick),
      })),
      { key: `${name}/total`, atoms: atoms.flatMap(pick) },
    ];
    return {
      early: tableOf('early', ({ early }) => [early]),
      late: tableOf('late', ({ late }) => [late]),
      hour: tableOf('hour', ({ early, late }) => [early, late]),
    };
  });

const subsets = (figures: readonly Figure[], size: number): Figure[][] =>
  size === 0
    ? [[]]
    : figures.flatMap((figure, i) => subsets(figures.slice(i + 1), size - 1).map((others) => [figure, ...others]));

test('the check finds what trying finds, and what it finds is so', () => {
  let unsafe = 0;
  fc.assert(
    fc.property(tangle, threshold, (figures, k) => {
      const found = differencesBelow(k, [{ figures }]);
      if (isolatedByTrying(k, figures, 2).length > 0) {
        unsafe++;
        assert.ok(found.length > 0);
      }
      for (const { combination, atoms, contributors } of found) {
        const values = new Map<string, bigint>();
        for (const figure of figures)
          for (const { key } of figure.atoms)
            values.set(key, (values.get(key) ?? 0n) + (combination.get(figure) ?? 0n));
        const people = new Map(figures.flatMap((figure) => figure.atoms.map((atom) => [atom.key, atom.contributors])));
        const support = [...values].filter(([key, value]) => value !== 0n && people.get(key)! > 0).map(([key]) => key);
        assert.deepEqual([...atoms].sort(), support.sort());
        const inside = support.reduce((all, key) => all + people.get(key)!, 0);
        assert.ok(inside === contributors && inside > 0 && inside < k);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(unsafe > 30, `only ${unsafe} unsafe tables were tried`);
});

test('what is published of overlapping figures isolates nobody', () => {
  let some = 0;
  fc.assert(
    fc.property(tangle, threshold, (figures, k) => {
      const { published, primary, complementary } = suppress(k, figures);
      assert.deepEqual(isolatedByTrying(k, published, 2), []);
      for (const { atoms } of published) assert.ok(contributorsAtLeast(atoms) >= k);
      const held = figures.filter(({ atoms }) => atoms.some(({ contributors }) => contributors > 0));
      assert.equal(published.length + primary + complementary, held.length);
      if (published.length > 0 && complementary > 0) some++;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(some > 10, `only ${some} tables kept a part`);
});

test('successive releases of cells, parents, totals and hours isolate nobody together', () => {
  let secondary = 0;
  fc.assert(
    fc.property(hierarchy, threshold, ({ early, late, hour }, k) => {
      const releases: Release[] = [];
      for (const figures of [early, late, hour]) {
        const { published, complementary } = suppress(k, figures, releases);
        releases.push({ figures: published });
        secondary += complementary;
      }
      const all = releases.flatMap((release) => release.figures);
      assert.deepEqual(differencesBelow(k, releases), []);
      // Within a table trying is complete enough; across them any two and any three figures are tried.
      for (const size of [2, 3])
        for (const few of subsets(all, size))
          assert.ok(
            isolatedByTrying(k, few, 1).every(({ weights }) => {
              const touched = few.flatMap(({ atoms }, i) => atoms.map(({ key }) => ({ key, weight: weights[i]! })));
              const keys = new Set(touched.map(({ key }) => key));
              const support = [...keys].filter(
                (key) => touched.reduce((sum, each) => sum + (each.key === key ? each.weight : 0), 0) !== 0,
              );
              const atoms = new Map(few.flatMap((figure) => figure.atoms.map((atom) => [atom.key, atom])));
              return contributorsAtLeast(support.map((key) => atoms.get(key)!)) >= k;
            }),
            `${few.map(({ key }) => key)}`,
          );
      const totals = all.filter(({ key }) => key.endsWith('total')).length;
      // Nothing is left out for nothing: a table whose figures are all large keeps them all.
      const isLarge = [...early, ...late].every(({ atoms }) => atoms.every(({ contributors }) => contributors >= k));
      if (isLarge) assert.equal(totals, 3);
    }),
    { numRuns: 200 },
  );
  assert.ok(secondary > 20, `complementary suppression happened ${secondary} times only`);
});

test('leaving out only the small cells is found out', () => {
  const [a, b, c] = [atomOf('a', 6), atomOf('b', 9), atomOf('c', 3)];
  const figures: Figure[] = [
    { key: 'a', atoms: [a] },
    { key: 'b', atoms: [b] },
    { key: 'total', atoms: [a, b, c] },
  ];
  const [difference, ...others] = differencesBelow(5, [{ figures }]);
  assert.deepEqual(others, []);
  assert.deepEqual([difference?.atoms, difference?.contributors], [['c'], 3]);
  assert.deepEqual(Object.fromEntries([...(difference?.combination ?? [])].map(([{ key }, times]) => [key, times])), {
    a: -1n,
    b: -1n,
    total: 1n,
  });
  assert.deepEqual(
    suppress(5, figures).published.map(({ key }) => key),
    ['b', 'total'],
  );
});

test('what is too small itself is told from what protects it', () => {
  const one = (count: number): Figure[] => [{ key: 'only', atoms: [atomOf('a', count)] }];
  assert.deepEqual(suppress(5, one(4)), { published: [], primary: 1, complementary: 0 });
  assert.deepEqual(suppress(5, one(0)), { published: [], primary: 0, complementary: 0 });
  assert.equal(suppress(5, one(5)).published.length, 1);
});

test('one small district costs one other cell and its district, not a cell of each', () => {
  const districts = Array.from({ length: 12 }, (_, d) => [0, 1, 2, 3].map((i) => atomOf(`${d}/${i}`, 20 + d + i)));
  districts.push([atomOf('small', 2)]);
  const figures: Figure[] = [
    ...districts.flat().map((atom) => ({ key: atom.key, atoms: [atom] })),
    ...districts.map((atoms, d) => ({ key: `district ${d}`, atoms })),
    { key: 'total', atoms: districts.flat() },
  ];
  const { primary, complementary, published } = suppress(5, figures);
  assert.deepEqual([primary, complementary], [2, 2]);
  assert.ok(published.some(({ key }) => key === 'total'));
});

test('a two-way table with both margins, where each row looks safe, is found out', () => {
  // 2 x 2 with one small cell: each row's and column's rest is large alone, together they isolate it.
  const cells = [atomOf('00', 2), atomOf('01', 20), atomOf('10', 20), atomOf('11', 20)];
  const pick = (...keys: string[]): Atom[] => cells.filter(({ key }) => keys.includes(key));
  const figures: Figure[] = [
    { key: 'row 0', atoms: pick('00', '01') },
    { key: 'row 1', atoms: pick('10', '11') },
    { key: 'column 0', atoms: pick('00', '10') },
    { key: '11', atoms: pick('11') },
  ];
  assert.deepEqual(differencesBelow(5, [{ figures }])[0]?.atoms, ['00']);
  const { published } = suppress(5, figures);
  assert.deepEqual([published.length, isolatedByTrying(5, published, 2)], [3, []]);
});

test('one contributor in several cells is not taken for several', () => {
  const atoms = [atomOf('a', 3, 'w', 3), atomOf('b', 3, 'w', 3), atomOf('c', 3, 'w', 3)];
  assert.equal(contributorsAtLeast(atoms), 3);
  assert.equal(contributorsAtLeast([atomOf('a', 9, 'w1'), atomOf('b', 8, 'w2')]), 9);
  assert.equal(contributorsAtLeast([atomOf('a', 5, 'w', 2), atomOf('b', 6, 'w', 2)]), 6);
  assert.equal(suppress(4, [{ key: 'all', atoms }]).published.length, 0);
});

test('earlier releases that isolate somebody themselves end all further ones', () => {
  const earlier: Release[] = [{ figures: [{ key: 'old', atoms: [atomOf('a', 2)] }] }];
  const next: Figure[] = [{ key: 'new', atoms: [atomOf('b', 50)] }];
  assert.deepEqual(suppress(5, next, earlier), { published: [], primary: 0, complementary: 1 });
  assert.equal(suppress(5, next).published.length, 1);
});

test('k is a whole number from 2, and grows with the audience', () => {
  for (const k of [1, 0, 2.5, Number.NaN]) assert.throws(() => suppress(k, []), RangeError);
  assert.deepEqual(K_DEFAULTS, { internal: 5, partner: 10, open: 20 });
});
