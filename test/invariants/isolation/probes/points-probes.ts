import type { Uuid } from '../../../../src/platform/ids';
import { Id, Name, Who } from '../names';
import type { Side } from '../side';
import { money, type Probe, page, probe } from './probe';

const purchaseLines = (side: Side) => [{ sku: `${side.word} sku`, category: 'goods', quantity: '2', unitPrice: '12.50' }];
const purchaseArgs = (side: Side, redemptionId: Uuid, key: string) => ({
  idempotencyKey: key,
  member: new Who(side.own),
  currency: 'FLP',
  lines: purchaseLines(side),
  moneyCurrency: 'EUR',
  redemptionIds: [new Id('redemption', redemptionId)],
  reference: `${side.word} reference`,
});
const spending = (side: Side, key: string) => ({ idempotencyKey: key, member: new Who(side.own), currency: 'FLP', points: 10, purchaseAmount: money('100') });
const conversion = (side: Side, key: string) => ({ idempotencyKey: key, member: new Who(side.own), from: 'FLP', to: 'AIR', points: 10 });
const aRedemption = (kind: 'redeem' | 'hold') =>
  ({
    prepare: (side: Side) => side.spend(kind, side.own, 20),
    args: (_side: Side, id: Uuid, key: string) => ({ input: { idempotencyKey: key, redemptionId: new Id('redemption', id) } }),
  }) as const;

const memberRow = (side: Side) => ({ line: 1, customerId: new Name('customerId', side.own.customerId) });
const fileRow = (side: Side) => ({ ...memberRow(side), reference: `${side.word} reference` });

/** Points that are earned, spent and converted, and files of them. */
export const POINTS_PROBES: Readonly<Record<string, Probe>> = {
  'Query.purchase': probe<Uuid>({ prepare: (side) => side.purchase(side.own), args: (_side, id) => ({ id: new Id('purchase', id) }) }),
  'Query.redemption': probe<Uuid>({ prepare: (side) => side.spend('redeem', side.own, 20), args: (_side, id) => ({ id: new Id('redemption', id) }) }),
  'Query.purchases': probe({ args: (side) => ({ ...page, member: new Who(side.own) }) }),
  'Query.redemptions': probe({ args: (side) => ({ ...page, member: new Who(side.own) }) }),
  'Query.imports': probe({ args: () => page }),
  'Query.import': probe<Uuid>({ prepare: (side) => side.bringIn('OPENINGS'), args: (_side, id) => ({ id: new Id('import', id) }) }),
  'Mutation.recordPurchase': probe<Uuid>({
    prepare: (side) => side.spend('redeem', side.own, 20),
    args: (side, redemptionId, key) => ({ input: purchaseArgs(side, redemptionId, key) }),
    presents: ['input.member.identifier'],
  }),
  'Mutation.recordPurchases': probe<Uuid>({
    prepare: (side) => side.spend('redeem', side.own, 20),
    args: (side, redemptionId, key) => ({ input: [purchaseArgs(side, redemptionId, key)] }),
    presents: ['input.0.member.identifier'],
  }),
  'Mutation.recordReturn': probe<Uuid>({
    prepare: (side) => side.purchase(side.own),
    args: (_side, purchaseId, key) => ({ input: { idempotencyKey: key, purchaseId: new Id('purchase', purchaseId), lines: [{ lineNo: 1, quantity: '1' }] } }),
  }),
  'Mutation.cancelReturn': probe<Uuid>({
    prepare: (side) => side.bringBack(side.own),
    args: (_side, returnId, key) => ({ input: { idempotencyKey: key, returnId: new Id('return', returnId) } }),
  }),
  'Mutation.confirmPurchase': probe<Uuid>({
    prepare: (side) => side.award(side.own),
    args: (_side, id, key) => ({ input: { idempotencyKey: key, purchaseId: new Id('purchase', id) } }),
  }),
  'Mutation.redeem': probe({ args: (side, _made, key) => ({ input: spending(side, key) }), presents: ['input.member.identifier'] }),
  'Mutation.redeemMany': probe({ args: (side, _made, key) => ({ input: [spending(side, key)] }), presents: ['input.0.member.identifier'] }),
  'Mutation.hold': probe({ args: (side, _made, key) => ({ input: spending(side, key) }), presents: ['input.member.identifier'] }),
  'Mutation.captureHold': probe<Uuid>(aRedemption('hold')),
  'Mutation.voidHold': probe<Uuid>(aRedemption('hold')),
  'Mutation.refundRedemption': probe<Uuid>(aRedemption('redeem')),
  'Mutation.quoteConversion': probe({ args: (side, _made, key) => ({ input: conversion(side, key) }) }),
  'Mutation.convert': probe<Uuid>({
    prepare: (side) => side.quote(side.own),
    args: (side, quoteId, key) => ({ input: { ...conversion(side, key), quoteId: new Id('quote', quoteId) } }),
  }),
  'Mutation.startImport': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, kind: 'OPENINGS', currency: 'FLP', dryRun: false, fileName: `${side.word} file.csv`, bytesTotal: 100 },
    }),
  }),
  'Mutation.importOpenings': probe<Uuid>({
    prepare: (side) => side.bringIn('OPENINGS'),
    args: (side, id) => ({ input: { importId: new Id('import', id), rows: [{ ...fileRow(side), points: '10', earnedOn: '2026-01-05' }] } }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.importRedemptions': probe<Uuid>({
    prepare: (side) => side.bringIn('REDEMPTIONS'),
    args: (side, id) => ({ input: { importId: new Id('import', id), rows: [{ ...fileRow(side), points: '10', purchaseAmount: '50', moneyCurrency: 'EUR' }] } }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.importMembers': probe<Uuid>({
    prepare: (side) => side.bringIn('MEMBERS'),
    args: (side, id) => ({ input: { importId: new Id('import', id), rows: [{ ...memberRow(side), jurisdiction: 'AT' }] } }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.importPurchases': probe<Uuid>({
    prepare: (side) => side.bringIn('PURCHASES'),
    args: (side, id) => ({
      input: {
        importId: new Id('import', id),
        rows: [{ ...fileRow(side), moneyCurrency: 'EUR', lines: [{ line: 1, sku: 'thing', quantity: '1', unitPrice: '5' }] }],
      },
    }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.finishImport': probe<Uuid>({ prepare: (side) => side.bringIn('OPENINGS'), args: (_side, id) => ({ input: { importId: new Id('import', id) } }) }),
};
