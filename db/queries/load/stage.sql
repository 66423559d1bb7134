-- Temporary tables that a loader stages rows in; emptied at each commit.
CREATE TEMPORARY TABLE IF NOT EXISTS stage_profile (
    domain_id bigint, month date, profile_id bigint, header_from text, envelope_from text, envelope_to text,
    disposition text, eval_dkim text, eval_spf text, dkim_domain text, dkim_selector text,
    dkim_result text, dkim_human text, spf_domain text, spf_scope text, spf_result text,
    spf_human text, reason_type text, reason_comment text, adkim text, aspf text,
    aligned_dkim boolean, aligned_spf boolean, cell text, flags integer
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS stage_report (
    domain_id bigint, report_id bigint, identity bytea, content bytea, reporter_id bigint, external_id text,
    begin_at timestamptz, end_at timestamptz, day date, format text, version text, generator text,
    extra_contact_info text, errors text[], p text, sp text, np text, adkim text, aspf text, pct integer,
    fo text, testing text, discovery_method text, records bigint, messages bigint,
    dmarc_pass bigint, quarantined bigint, rejected bigint, warnings text[], source text, run_id bigint,
    auth text, auth_by text, auth_domain text, standing integer
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS stage_quarantine (
    digest bytea, outcome text, reason text, source text, size bigint, truncated boolean, kept bytea, bytes bytea,
    domain_id bigint, identity bytea, content bytea, auth text, auth_by text, auth_domain text, standing integer
) ON COMMIT DELETE ROWS
