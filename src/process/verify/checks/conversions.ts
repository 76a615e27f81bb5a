import type { Check } from '../finding';

/** Each conversion against its transfers, and each transfer of a conversion against its conversion. */
export const conversions: Check = {
  name: 'conversions against transfers',
  of: 'conversions',
  sql: `
    WITH parts AS (
      SELECT c.posting_id, p.* FROM conversion c CROSS JOIN LATERAL (VALUES
        (c.id, 'CONVERSION_OUT', c.from_account_id, c.points - c.remainder, c.rate_id), (c.in_transfer_id, 'CONVERSION_IN', c.to_account_id, c.base + c.bonus, c.rate_id),
        (c.fee_transfer_id, 'FEE', c.from_account_id, c.fee, c.rate_id), (c.remainder_transfer_id, 'REMAINDER', c.from_account_id, c.remainder, c.rate_id)
      ) AS p (id, code, account_id, amount, rate_id) WHERE p.id IS NOT NULL
    )
    SELECT coalesce(p.account_id, t.debit_account) AS account_id, 1 AS ordinal,
      (p.code, p.account_id, p.amount, p.posting_id, p.rate_id) IS DISTINCT FROM
        (t.code, CASE t.code WHEN 'CONVERSION_IN' THEN t.credit_account ELSE t.debit_account END, t.amount, t.posting_id, t.terms_id) AS wrong,
      coalesce(p.code, t.code) || ' of posting ' || coalesce(p.posting_id, t.posting_id) AS what, coalesce(t.amount, 0)::text AS expected, coalesce(p.amount, 0)::text AS found
    FROM parts p FULL JOIN (SELECT * FROM transfer WHERE code IN ('CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER')) t ON t.id = p.id`,
};

/**
 * Each conversion against its rate: what the floor gives, the blocks' bonus, the fee, and the whole points that buy
 * nothing.
 */
export const rates: Check = {
  name: 'conversions against their rates',
  of: 'conversions',
  sql: `
    WITH due AS (
      SELECT c.*, r.fee AS due_fee, div(c.points::numeric * r.numerator, r.denominator) AS due_base, coalesce(r.block_bonus * (c.points / r.block_size), 0) AS due_bonus,
        c.points - div(div(c.points::numeric * r.numerator, r.denominator) * r.denominator + r.numerator - 1, r.numerator) AS due_remainder
      FROM conversion c LEFT JOIN conversion_rate r ON r.id = c.rate_id AND r.from_currency_id = c.from_currency_id AND r.to_currency_id = c.to_currency_id
    )
    SELECT from_account_id AS account_id, 1 AS ordinal,
      (fee, base, bonus, remainder) IS DISTINCT FROM (due_fee, due_base, due_bonus, due_remainder) AS wrong,
      'fee, base, bonus and remainder of conversion ' || id AS what, concat_ws(', ', due_fee, due_base, due_bonus, due_remainder) AS expected,
      concat_ws(', ', fee, base, bonus, remainder) AS found
    FROM due`,
};
