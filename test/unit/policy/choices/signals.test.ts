/** Goal: the common signals are recognised as people and drivers write them, and nothing else is. Method: tables, and fast-check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOptOutNetworkName, isOptOutService, OPT_OUT_SERVICE_UUID } from '../../../../edge/policy/choices/signals.ts';

test('network names', () => {
  for (const name of [
    'home_nomap',
    'home_optout_nomap',
    'a_optout',
    '_nomap',
    'HOME_NOMAP',
    'x_optout_y',
    'h_nomap\0\0 ',
  ]) {
    assert.ok(isOptOutNetworkName(name), name);
  }
  for (const name of ['', 'home', 'nomap', 'a_nomap_b', 'opt_out', 'home-nomap', 'home_nomap2']) {
    assert.ok(!isOptOutNetworkName(name), name);
  }
  fc.assert(
    fc.property(fc.string(), (name) => isOptOutNetworkName(`${name}_nomap`) && isOptOutNetworkName(`${name}_optout`)),
  );
});

test('the service, as scanners write it', () => {
  const hex = OPT_OUT_SERVICE_UUID.replaceAll('-', '');
  const reversed = hex.match(/../g)!.reverse().join('');
  for (const form of [
    OPT_OUT_SERVICE_UUID,
    hex,
    hex.toUpperCase(),
    `0x${hex}`,
    `{${OPT_OUT_SERVICE_UUID}}`,
    reversed,
  ]) {
    assert.ok(isOptOutService(form), form);
  }
  for (const form of ['', '180f', hex.slice(1), `${hex}0`, '0000180f-0000-1000-8000-00805f9b34fb']) {
    assert.ok(!isOptOutService(form), form);
  }
  fc.assert(fc.property(fc.uuid(), (uuid) => !isOptOutService(uuid)));
});

test('the service never changes: phones have it built in', () => {
  assert.equal(OPT_OUT_SERVICE_UUID, '8c7e1d0a-4f0b-4d5e-9a53-6f7074206f75');
});
