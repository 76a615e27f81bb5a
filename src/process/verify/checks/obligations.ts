import type { Check } from '../finding';

/**
 * Each points event that clearing has passed, against what it made brands owe each other. That is worked out again here
 * from codes, allocations and arrears fills, apart from the code that prices events.
 */
export const cleared: Check = {
  name: 'obligations against points events up to the clearing cursor',
  of: 'claims',
  sql: `
    WITH cursor AS (SELECT coalesce((SELECT position FROM journal_cursor WHERE consumer = 'clearing'), '0'::xid8) AS position),
    operator AS (SELECT id FROM brand WHERE is_operator),
    event AS (
      SELECT t.id, t.code, t.amount, t.terms_id, w.id AS account_id, b.owner_id AS brand_id, p.clearing_model AS model,
        coalesce(target.owner_brand_id, (SELECT id FROM operator)) AS target_issuer
      FROM transfer t JOIN point_currency p ON p.id = t.currency_id
      LEFT JOIN conversion_rate rate ON t.code = 'CONVERSION_OUT' AND rate.id = t.terms_id LEFT JOIN point_currency target ON target.id = rate.to_currency_id
      JOIN account w ON w.id = CASE WHEN t.debit_seq IS NULL THEN t.credit_account ELSE t.debit_account END
      JOIN account b ON b.id = CASE WHEN t.debit_seq IS NULL THEN t.debit_account ELSE t.credit_account END
      -- After a restore into another cluster the cursor starts again: what has obligations has been cleared.
      WHERE t.code NOT IN ('EXPIRY', 'EXPIRY_CANCELLATION', 'CLOSURE', 'FEE', 'REMAINDER') AND t.id NOT IN (SELECT event_transfer_id FROM set_aside_event) AND (t.xid < (SELECT position FROM cursor) OR t.id IN (SELECT event_transfer_id FROM obligation))
    ), part AS (
      SELECT e.*, o.issuer_id, abs(a.amount) AS points FROM event e JOIN allocation a ON a.transfer_id = e.id JOIN lot_origin o ON o.id = a.origin_id
    ), fill AS (
      SELECT e.id, e.account_id, e.model, o.issuer_id, r.party_id AS clawing_brand, f.amount AS points, v.arrears_carrier AS carrier
      FROM event e JOIN arrears_fill f ON f.transfer_id = e.id JOIN lot_origin o ON o.id = f.origin_id
      JOIN arrears r ON r.account_id = f.account_id AND r.id = f.arrears_id LEFT JOIN terms_version v ON v.id = r.terms_id
    ), claim (id, account_id, kind, debtor, creditor, points) AS (
      SELECT e.id, e.account_id, CASE WHEN code IN ('EARN', 'BONUS') THEN 'ISSUANCE' ELSE code END, e.brand_id, o.id, e.amount
      FROM event e, operator o WHERE model = 'OPERATOR' AND code IN ('EARN', 'BONUS', 'OPENING', 'GOODWILL')
      UNION ALL
      SELECT e.id, e.account_id, 'CLAWBACK', o.id, e.brand_id, CASE v.arrears_carrier WHEN 'OPERATOR' THEN e.amount ELSE (SELECT coalesce(sum(points), 0) FROM part WHERE part.id = e.id) END
      FROM operator o, event e LEFT JOIN terms_version v ON v.id = e.terms_id WHERE model = 'OPERATOR' AND code = 'CLAWBACK'
      UNION ALL
      SELECT e.id, e.account_id, 'CLAWBACK', o.id, e.brand_id, e.amount FROM event e, operator o WHERE model = 'OPERATOR' AND code = 'EXPIRED_CLAWBACK'
      UNION ALL
      SELECT e.id, e.account_id, 'REIMBURSEMENT', o.id, e.brand_id, e.amount FROM event e, operator o WHERE model = 'OPERATOR' AND code IN ('BURN', 'CAPTURE', 'REINSTATEMENT_CANCELLATION')
      UNION ALL
      SELECT e.id, e.account_id, 'REINSTATEMENT', e.brand_id, o.id, e.amount FROM event e, operator o WHERE model = 'OPERATOR' AND code IN ('REFUND', 'REINSTATEMENT')
      UNION ALL
      SELECT e.id, e.account_id, 'ISSUANCE', e.brand_id, o.id, e.amount FROM event e, operator o WHERE model = 'OPERATOR' AND code = 'CLAWBACK_CANCELLATION'
      UNION ALL
      SELECT id, account_id, 'FOREIGN_CLAWBACK', brand_id, issuer_id, points FROM part WHERE model = 'ISSUER' AND code = 'CLAWBACK_CANCELLATION'
      UNION ALL
      SELECT f.id, f.account_id, 'ARREARS_FILL', o.id, f.clawing_brand, f.points FROM fill f, operator o WHERE model = 'OPERATOR' AND carrier = 'ISSUER'
      UNION ALL
      SELECT e.id, e.account_id, 'CONVERSION', o.id, e.target_issuer, e.amount FROM event e, operator o WHERE model = 'OPERATOR' AND code = 'CONVERSION_OUT'
      UNION ALL
      SELECT id, account_id, 'CONVERSION', issuer_id, target_issuer, points FROM part WHERE model = 'ISSUER' AND code = 'CONVERSION_OUT'
      UNION ALL
      SELECT id, account_id, 'REIMBURSEMENT', issuer_id, brand_id, points FROM part WHERE model = 'ISSUER' AND code IN ('BURN', 'CAPTURE', 'REINSTATEMENT_CANCELLATION')
      UNION ALL
      SELECT id, account_id, 'REINSTATEMENT', brand_id, issuer_id, points FROM part WHERE model = 'ISSUER' AND code IN ('REFUND', 'REINSTATEMENT')
      UNION ALL
      SELECT id, account_id, 'FOREIGN_CLAWBACK', issuer_id, brand_id, points FROM part WHERE model = 'ISSUER' AND code = 'CLAWBACK'
      UNION ALL
      SELECT id, account_id, 'ARREARS_FILL', issuer_id, clawing_brand, points FROM fill WHERE model = 'ISSUER'
    ), expected AS (
      SELECT id, min(account_id) AS account_id, kind, debtor, creditor, sum(points) AS points FROM claim
      WHERE debtor <> creditor AND points > 0 GROUP BY id, kind, debtor, creditor
    ), found AS (
      SELECT event_transfer_id AS id, kind, debtor_brand_id AS debtor, creditor_brand_id AS creditor, sum(points) AS points
      FROM obligation GROUP BY event_transfer_id, kind, debtor_brand_id, creditor_brand_id
    )
    SELECT e.account_id, 1 AS ordinal, e.points IS DISTINCT FROM f.points AS wrong,
      concat_ws(' ', lower(kind), 'points of', (SELECT code FROM brand WHERE brand.id = debtor), 'to', (SELECT code FROM brand WHERE brand.id = creditor), 'for transfer', id) AS what,
      coalesce(e.points, 0)::text AS expected, coalesce(f.points, 0)::text AS found
    FROM expected e FULL JOIN found f USING (id, kind, debtor, creditor)`,
};

/** What clearing could not price: until it can, somebody is owed what no statement says. */
export const setAside: Check = {
  name: 'events that clearing had to set aside',
  of: 'set-aside events',
  sql: `
    SELECT NULL::bigint AS account_id, 1 AS ordinal, true AS wrong, 'clearing of transfer ' || event_transfer_id AS what, 'cleared' AS expected, reason AS found
    FROM set_aside_event`,
};

/**
 * Months whose close failed, or waits for events that cannot be priced. One that waits for a transaction to end is in
 * order.
 */
export const closes: Check = {
  name: 'months that are closing',
  of: 'closing months',
  sql: `
    SELECT NULL::bigint AS account_id, 1 AS ordinal, coalesce(p.waits_for, '') IN ('FAILURE', 'SET_ASIDE_EVENTS') AS wrong,
      'close of ' || c.code || ' ' || to_char(p.month, 'YYYY-MM') AS what, 'closed' AS expected, coalesce(p.waiting_message, 'under way') AS found
    FROM period p JOIN currency c ON c.id = p.currency_id WHERE p.status = 'CLOSING'`,
};

/** Each obligation against the price in its terms. */
export const priced: Check = {
  name: 'obligations against the prices of their terms',
  of: 'obligations',
  sql: `
    WITH priced AS (
      SELECT o.*, CASE WHEN o.kind = 'OPENING' THEN v.opening_price WHEN o.kind = 'CONVERSION' THEN r.transfer_price WHEN o.kind IN ('ISSUANCE', 'GOODWILL', 'CLAWBACK') OR (o.kind = 'ARREARS_FILL' AND p.clearing_model = 'OPERATOR') THEN v.issuance_price ELSE v.reimbursement_price END AS agreed,
        10::numeric ^ c.scale AS units
      FROM obligation o LEFT JOIN terms_version v ON v.id = o.terms_id LEFT JOIN conversion_rate r ON o.kind = 'CONVERSION' AND r.id = o.terms_id LEFT JOIN point_currency p ON p.id = o.points_currency_id LEFT JOIN currency c ON c.id = p.id)
    SELECT a.id AS account_id, leg AS ordinal,
      price IS DISTINCT FROM agreed OR amount IS DISTINCT FROM div(points * agreed::numeric, units) AS wrong,
      'price and amount of obligation ' || leg || ' for transfer ' || event_transfer_id AS what,
      concat_ws(', ', agreed, div(points * agreed::numeric, units)) AS expected, concat_ws(', ', price, amount) AS found
    FROM priced LEFT JOIN account a ON a.owner_id = debtor_brand_id AND a.kind = 'CLEARING' AND a.currency_id = settlement_currency_id`,
};

/** Each money transfer against its obligation, and each obligation to be paid against its money transfer. */
export const money: Check = {
  name: 'money transfers against obligations',
  of: 'money transfers',
  sql: `
    WITH transfers AS (
      SELECT t.id, t.amount, t.currency_id, t.debit_account, d.owner_id AS debtor, c.owner_id AS creditor
      FROM transfer t JOIN account d ON d.id = t.debit_account JOIN account c ON c.id = t.credit_account WHERE t.code = 'CLEARING')
    SELECT coalesce(t.debit_account, a.id) AS account_id, 1 AS ordinal,
      (t.amount, t.currency_id, t.debtor, t.creditor) IS DISTINCT FROM (o.amount, o.settlement_currency_id, o.debtor_brand_id, o.creditor_brand_id) AS wrong,
      CASE WHEN t.id IS NULL THEN 'money transfer of obligation ' || o.leg || ' for transfer ' || o.event_transfer_id ELSE 'obligation of money transfer ' || t.id END AS what,
      CASE WHEN o.leg IS NULL THEN 'none' ELSE concat_ws(' ', o.amount, 'from', o.debtor_brand_id, 'to', o.creditor_brand_id) END AS expected,
      CASE WHEN t.id IS NULL THEN 'none' ELSE concat_ws(' ', t.amount, 'from', t.debtor, 'to', t.creditor) END AS found
    FROM transfers t FULL JOIN (SELECT * FROM obligation WHERE amount > 0) o ON o.money_transfer_id = t.id
    LEFT JOIN account a ON a.owner_id = o.debtor_brand_id AND a.kind = 'CLEARING' AND a.currency_id = o.settlement_currency_id`,
};

/** Each statement against the obligations of its month: its net, and that what was hashed is what is there. */
export const statements: Check = {
  name: 'statements against obligations',
  of: 'statements',
  sql: `
    WITH side AS (
      SELECT period_id, debtor_brand_id AS brand_id, amount FROM obligation
      UNION ALL SELECT period_id, creditor_brand_id, -amount FROM obligation
    ), net AS (SELECT s.period_id, s.brand_id, sum(s.amount) AS net FROM side s JOIN period p ON p.id = s.period_id AND p.closed_at IS NOT NULL GROUP BY s.period_id, s.brand_id)
    SELECT a.id AS account_id, 1 AS ordinal, s.net IS DISTINCT FROM coalesce(n.net, 0) OR s.hash IS DISTINCT FROM sha256(convert_to(s.content, 'UTF8')) AS wrong,
      CASE WHEN s.net IS DISTINCT FROM coalesce(n.net, 0) THEN 'net' ELSE 'hash' END || ' of the statement of ' || b.code || ' for ' || c.code || ' ' || to_char(p.month, 'YYYY-MM') AS what,
      CASE WHEN s.net IS DISTINCT FROM coalesce(n.net, 0) THEN coalesce(n.net, 0)::text ELSE encode(sha256(convert_to(s.content, 'UTF8')), 'hex') END AS expected,
      CASE WHEN s.net IS DISTINCT FROM coalesce(n.net, 0) THEN coalesce(s.net::text, 'no statement') ELSE encode(s.hash, 'hex') END AS found
    FROM statement s FULL JOIN net n ON n.period_id = s.period_id AND n.brand_id = s.brand_id
    LEFT JOIN period p ON p.id = coalesce(s.period_id, n.period_id) LEFT JOIN brand b ON b.id = coalesce(s.brand_id, n.brand_id)
    LEFT JOIN currency c ON c.id = p.currency_id LEFT JOIN point_currency pc ON pc.id = p.currency_id
    LEFT JOIN account a ON a.owner_id = b.id AND a.kind = 'CLEARING' AND a.currency_id = pc.settlement_currency_id`,
};

/** The statements of each closed month add up to nothing, in exact money, in what is payable and in what is carried. */
export const nets: Check = {
  name: 'statements of a month add up to zero',
  of: 'closed months',
  sql: `
    SELECT NULL::bigint AS account_id, 1 AS ordinal,
      coalesce(sum(s.net), 0) <> 0 OR coalesce(sum(s.payable_minor), 0) <> 0 OR coalesce(sum(s.carried_remainder), 0) <> 0 AS wrong,
      'nets and payments of ' || c.code || ' ' || to_char(p.month, 'YYYY-MM') AS what, '0, 0, 0' AS expected,
      concat_ws(', ', sum(s.net), sum(s.payable_minor), sum(s.carried_remainder)) AS found
    FROM period p JOIN currency c ON c.id = p.currency_id LEFT JOIN statement s ON s.period_id = p.id
    WHERE p.closed_at IS NOT NULL GROUP BY p.id, p.month, c.code`,
};

/**
 * Each statement against the one of the month before. It begins with what that carried. What it pays and carries is
 * what it began with and its net. And what is kept beside its content against the content.
 */
export const carried: Check = {
  name: 'statements against those of the month before',
  of: 'statements and remainders',
  sql: `
    WITH month AS (SELECT p.id, p.month, p.currency_id, lag(p.id) OVER (PARTITION BY p.currency_id ORDER BY p.month) AS before FROM period p WHERE p.closed_at IS NOT NULL),
    -- Content whose hash is wrong is a fault by itself, and need not be JSON.
    said AS (SELECT s.*, CASE WHEN s.hash = sha256(convert_to(s.content, 'UTF8')) THEN s.content::jsonb END AS told FROM statement s),
    both_sides AS (
      SELECT coalesce(s.period_id, o.id) AS period_id, coalesce(s.brand_id, o.brand_id) AS brand_id, s.id, coalesce(o.carried, 0) AS opening, s.net, s.carried_remainder, s.payable_minor, s.due_on,
        (told->>'openingBalance')::numeric * 1000000 AS told_opening, (told->>'net')::numeric * 1000000 AS told_net, (told->>'payable')::numeric * 1000000 AS payable,
        (told->>'carried')::numeric * 1000000 AS told_carried, (told->>'dueOn')::date AS told_due
      FROM (SELECT * FROM said WHERE told IS NOT NULL) s
      FULL JOIN (SELECT m.id, b.brand_id, b.carried_remainder AS carried FROM month m JOIN statement b ON b.period_id = m.before) o ON o.id = s.period_id AND o.brand_id = s.brand_id
      WHERE s.id IS NOT NULL OR o.carried <> 0)
    SELECT NULL::bigint AS account_id, 1 AS ordinal,
      (told_opening, told_net, told_carried, told_due) IS DISTINCT FROM (opening::numeric, net::numeric, carried_remainder::numeric, due_on)
        OR opening + net <> payable + carried_remainder OR (payable_minor = 0) <> (payable = 0) OR log(abs(payable / nullif(payable_minor, 0))) % 1 <> 0
        OR payable / nullif(payable_minor, 0) < 0 AS wrong,
      'carry of the statement of ' || b.code || ' for ' || c.code || ' ' || to_char(m.month, 'YYYY-MM') AS what,
      concat_ws(', ', opening, net, opening + net - carried_remainder, carried_remainder, due_on) AS expected,
      coalesce(nullif(concat_ws(', ', told_opening::bigint, told_net::bigint, payable::bigint, told_carried::bigint, told_due), ''), 'no statement') AS found
    FROM both_sides s JOIN month m ON m.id = s.period_id JOIN currency c ON c.id = m.currency_id JOIN brand b ON b.id = s.brand_id`,
};
