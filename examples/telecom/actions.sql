-- What should we do for whom, now? One row an action: customer_id, action, reason.
-- An action is decided at most once per customer within its cool-down (parallax.yaml); the reason is what an agent reads.
-- The view `satisfaction` is what satisfaction.sql returned for this minute.

-- A person calls valuable customers who are about to leave.
SELECT
  r.customer_id,
  'retention_call' AS action,
  concat('satisfaction ', CAST(r.satisfaction AS STRING), ', ', b.profile_tier, ' customer, lifetime value ',
    coalesce(CAST(b.profile_lifetime_value AS STRING), 'unknown')) AS reason
FROM satisfaction AS r
JOIN batch AS b ON b.customer_id = r.customer_id
WHERE r.satisfaction < 45
  AND b.profile_tier IN ('gold', 'platinum')

UNION ALL

-- The network failed them: a credit before they ask for one.
SELECT
  r.customer_id,
  'network_credit' AS action,
  concat('network score ', CAST(r.network_score AS STRING), ', cell availability ',
    coalesce(CAST(s.network_cell_availability_last_1h AS STRING), 'unknown'), ' % in ', coalesce(b.profile_region, 'an unknown region')) AS reason
FROM satisfaction AS r
JOIN stream AS s ON s.customer_id = r.customer_id
JOIN batch AS b ON b.customer_id = r.customer_id
WHERE r.network_score < 40

UNION ALL

-- Wrongly charged: correct the bill and say so.
SELECT
  r.customer_id,
  'billing_correction' AS action,
  concat(CAST(s.usage_rating_errors_sum_1h AS STRING), ' rating errors in the last hour, usage score ', CAST(r.usage_score AS STRING)) AS reason
FROM satisfaction AS r
JOIN stream AS s ON s.customer_id = r.customer_id
WHERE r.usage_score < 50
  AND s.usage_rating_errors_sum_1h >= 20

UNION ALL

-- They wait for us and are unhappy: care calls back first.
SELECT
  r.customer_id,
  'proactive_care' AS action,
  concat(CAST(o.care_open_tickets AS STRING), ' open tickets, ', coalesce(CAST(o.care_overdue_tickets AS STRING), '0'),
    ' overdue, care score ', CAST(r.care_score AS STRING)) AS reason
FROM satisfaction AS r
JOIN online AS o ON o.customer_id = r.customer_id
WHERE r.care_score < 35
  AND o.care_open_tickets >= 2
