-- How satisfied is each customer of this minute's population? One row a customer, 0 (furious) to 100 (happy).
--
-- Four parts are scored apart, each 0 to 100, and then weighed. A part that knows nothing about a customer is null and has
-- no weight, so a customer who never called care is judged by the other three; with no stream at all (the baseline, right after
-- a new day of batch data) only the base score is left.
--
-- The rules of this file (docs/contract.md, section 5): exact arithmetic only. Everything is DECIMAL or BIGINT; literals such as
-- 0.5 are decimals in Spark SQL; we divide with prlx_div(numerator, denominator, places), which rounds once, half away from
-- zero, and is null by zero. No doubles, no avg(), no "/".
--
-- Names: stream.<stream>_<variable>_<aggregate> covers the clock hour so far; with _1h, the last 60 minutes. Scores use the
-- last 60 minutes, because at :00 the clock hour forgets everything; `last` reacts at once and recovers at once.

WITH signals AS (
  SELECT
    s.customer_id,

    -- Is there anything to judge? Counts are never null: 0 means silence.
    s.network_call_attempts_count_1h > 0 AS has_network,
    s.usage_data_sessions_count_1h > 0 AS has_usage,
    s.care_attempts_count_1h > 0 OR o.care_open_tickets > 0 AS has_care,

    -- network: what the customer felt
    s.network_latency_avg_1h AS latency_ms,
    s.network_voice_quality_avg_1h AS mos,
    s.network_cell_availability_last_1h AS availability_pct,
    CAST(prlx_div(
      (s.network_dropped_calls_sum_1h + s.network_failed_calls_sum_1h) * 100, s.network_call_attempts_sum_1h, 2
    ) AS DECIMAL(20, 2)) AS call_trouble_pct,

    -- usage: what it cost and whether the bill was right
    CAST(prlx_div(s.usage_rating_errors_sum_1h * 1000, s.usage_data_sessions_sum_1h, 2) AS DECIMAL(20, 2)) AS rating_errors_per_1000,
    CAST(prlx_div(s.usage_charged_overage_sum_1h * 100, s.usage_charged_sum_1h, 2) AS DECIMAL(20, 2)) AS overage_pct,
    s.usage_balance_last_1h AS balance_eur,

    -- care: what they told us, and what still waits for us
    s.care_sentiment_avg_1h AS sentiment,
    s.care_wait_time_avg_1h AS wait_s,
    s.care_complaint_sum_1h AS complaints,
    s.care_resolved_last_1h AS resolved,
    o.care_open_tickets AS open_tickets,
    o.care_overdue_tickets AS overdue_tickets,

    -- batch: who they are; 4,980 variables reduced by the scorecard to one number around 0
    b.scorecard,
    b.profile_tenure_months AS tenure_months,
    b.profile_complaints_12m AS complaints_12m
  FROM stream AS s
  JOIN batch AS b ON b.customer_id = s.customer_id
  JOIN online AS o ON o.customer_id = s.customer_id
),

-- Each penalty is bounded by least(most, greatest(0, …)): one bad signal alone cannot use up a whole score.
-- least() and greatest() skip nulls in Spark, so an unknown signal is given its harmless value first.
scores AS (
  SELECT
    customer_id,
    CASE WHEN has_network THEN CAST(greatest(0, 100
      - least(20, greatest(0, (coalesce(latency_ms, 0) - 35) * 0.6))
      - least(20, greatest(0, (4.1 - coalesce(mos, 4.1)) * 25))
      - least(20, greatest(0, (coalesce(call_trouble_pct, 0) - 10) * 0.3))
      - least(40, greatest(0, 99.5 - coalesce(availability_pct, 100)))
    ) AS DECIMAL(5, 2)) END AS network_score,

    CASE WHEN has_usage THEN CAST(greatest(0, 100
      - least(30, greatest(0, (coalesce(rating_errors_per_1000, 0) - 12) * 0.15))
      - least(30, greatest(0, (coalesce(overage_pct, 0) - 20) * 0.9))
      - CASE WHEN balance_eur < 0 THEN 30 ELSE 0 END
    ) AS DECIMAL(5, 2)) END AS usage_score,

    CASE WHEN has_care THEN CAST(least(100, greatest(0, 65
      + coalesce(sentiment, 0) * 45
      + CASE WHEN resolved > 0 THEN 10 ELSE 0 END
      - least(25, greatest(0, (coalesce(wait_s, 0) - 120) * 0.05))
      - least(25, coalesce(complaints, 0) * 8)
      - least(30, coalesce(open_tickets, 0) * 6 + coalesce(overdue_tickets, 0) * 9)
    )) AS DECIMAL(5, 2)) END AS care_score,

    CAST(least(100, greatest(0, 62
      + coalesce(scorecard, 0) * 0.8
      + least(8, coalesce(tenure_months, 0) * 0.05)
      - least(20, coalesce(complaints_12m, 0) * 4)
    )) AS DECIMAL(5, 2)) AS base_score
  FROM signals
),

-- Weights: network 40, usage 25, care 15, base 20, of those that are known.
weighed AS (
  SELECT
    *,
    coalesce(network_score * 40, 0) + coalesce(usage_score * 25, 0) + coalesce(care_score * 15, 0) + base_score * 20 AS points,
    CASE WHEN network_score IS NULL THEN 0 ELSE 40 END
      + CASE WHEN usage_score IS NULL THEN 0 ELSE 25 END
      + CASE WHEN care_score IS NULL THEN 0 ELSE 15 END
      + 20 AS weight
  FROM scores
)

SELECT
  customer_id,
  CAST(prlx_div(points, weight, 2) AS DECIMAL(5, 2)) AS satisfaction,
  network_score,
  usage_score,
  care_score,
  base_score
FROM weighed
