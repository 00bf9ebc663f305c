"""What can go wrong, what is promised then, and which tests prove it: the rows of docs/reliability.md.

A proof is `path::test` from the root of the repository; tests of `veaf_sync.testing.FaultDrills` name their rows
themselves, by `proves`, and count for every connector that inherits them. What other tools do was measured with
python-jira 3.10.5, dlt 1.31, Singer's tap-jira 2.6, Meltano's tap-jira and Airbyte's source-jira 4.0.
"""

from __future__ import annotations

from dataclasses import dataclass

J, G, A = "plugins/jira/tests", "plugins/github_projects/tests", "plugins/asana/tests"
EVERY = ("asana", "github_projects", "jira")
"""The vendors' connectors."""


@dataclass(frozen=True)
class Row:
    """A fault. `of`: the connectors that it can happen to, each of which needs a proof; none: it is the core's."""

    id: str
    fault: str
    promise: str
    proofs: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    others: str = ""


PULL = (
    Row(
        "throttled",
        "Refused for the rate: a few times, or without end",
        "Waits at least as long as told; no worker asks that endpoint anything meanwhile. Where patience ends, the "
        "shard is incomplete and the run says so.",
        (
            f"{J}/passes/test_pull_faults.py::test_nobody_asks_an_endpoint_before_the_time_it_was_told",
            "tests/http/test_budget.py::test_one_pause_is_shared_and_nothing_is_sent_meanwhile",
        ),
        EVERY,
        "Most pass three; python-jira and dlt give up at thirty.",
    ),
    Row(
        "retry-after",
        "Retry-After as a date, an ISO time, negative, enormous, absent, nonsense",
        "Understood or defaulted, never shortened, never a crash. A wait beyond patience ends the shard and says until "
        "when.",
        (
            f"{J}/passes/test_pull_faults.py"
            "::test_a_wait_beyond_the_budget_ends_the_shards_of_that_endpoint_and_says_until_when",
            f"{A}/connector/test_errors.py::test_a_rate_limit_beyond_patience_says_until_when",
            f"{G}/connector/test_limits.py::test_a_reset_that_is_too_far_off_ends_the_source_with_its_time",
            "tests/http/test_waits.py::test_never_crashes_and_never_negative",
        ),
        EVERY,
        "python-jira ends with a ValueError at a date.",
    ),
    Row(
        "server-error",
        "One 500, 502 or 503",
        "Asked again after a growing pause; nothing is lost.",
        ("tests/http/test_retries.py::test_one_server_error_without_header_is_repeated_with_backoff",),
        EVERY,
        "python-jira fails; Singer fails at 500 and 502.",
    ),
    Row(
        "broken-body",
        "An answer that is cut off, a connection reset in mid-page",
        "The page is asked for again.",
        ("tests/http/test_retries.py::test_reset_and_truncation_are_repeated",),
        EVERY,
        "python-jira and Singer fail.",
    ),
    Row(
        "unreadable-200",
        "A 200 with broken JSON, a log-in page, another content type, or fields missing",
        "Asked again once, then incomplete with the reason; never taken for an empty page.",
        (
            f"{J}/passes/test_pull_faults.py::test_a_fault_that_lasts_is_named_and_nothing_half_is_published",
            f"{A}/connector/test_reading.py::test_a_page_of_another_form_is_named_and_none_of_it_taken",
            f"{G}/connector/test_limits.py::test_what_is_no_answer_ends_the_walk",
        ),
        EVERY,
        "Airbyte brings 200 of 2,000 items and reports success.",
    ),
    Row(
        "page-token",
        "A page token that expired or is foreign",
        "The shard goes on from its last key, or begins anew; nothing is lost and nothing is counted twice.",
        (
            f"{J}/passes/test_pull_faults.py::test_a_token_that_is_refused_restarts_from_the_last_key",
            f"{A}/connector/test_reading.py::test_a_walk_whose_place_in_the_list_is_lost_begins_anew",
            f"{A}/connector/test_changes.py::test_a_place_that_is_too_old_means_a_full_reading",
            f"{G}/connector/test_limits.py::test_a_place_that_is_forgotten_costs_a_new_start",
        ),
        EVERY,
        "Airbyte brings 200 of 2,000 and reports success; Singer asks for ever.",
    ),
    Row(
        "circle",
        "A token that comes twice, a page that does not say whether it is the last, an empty page with a token",
        "Incomplete, with the reason, within two pages.",
        (
            f"{J}/passes/test_pull_faults.py::test_repeated_token",
            f"{J}/connector/test_faults.py::test_missing_is_last",
            f"{J}/connector/test_faults.py::test_empty_page_with_token",
            f"{A}/connector/test_reading.py::test_a_list_that_goes_in_circles_ends",
            f"{A}/connector/test_changes.py::test_a_feed_that_goes_in_circles_ends_its_project_only",
            f"{G}/connector/test_limits.py::test_a_place_that_comes_twice_ends_the_walk",
        ),
        EVERY,
        "python-jira, dlt and Singer loop for ever.",
    ),
    Row(
        "endless-body",
        "A body that stalls, trickles, never ends, or unfolds without end",
        "One deadline over the whole answer and all attempts, one cap on what is read.",
        (
            "tests/http/test_body.py::test_deadline_holds_over_the_whole_answer",
            "tests/http/test_body.py::test_endless_body_ends_at_the_cap",
            "tests/http/test_body.py::test_gzip_bomb_ends_at_the_cap",
            f"{J}/passes/test_pull_faults.py::test_body_stalls_one_byte_at_a_time_endless_body_gzip_bomb",
        ),
        (),
        "python-jira hangs.",
    ),
    Row(
        "meanwhile",
        "People edit and delete while we read",
        "Nothing is lost: what we missed is in the next run, and incremental ends in the same state as full.",
        (
            f"{J}/passes/test_pull_meanwhile.py::test_items_edited_while_paging",
            f"{J}/passes/test_pull_meanwhile.py::test_items_deleted_while_paging",
            f"{J}/passes/test_incremental_is_full.py::*",
            f"{G}/passes/test_incremental_is_full.py::*",
            f"{A}/passes/test_incremental_is_full.py::*",
        ),
        EVERY,
        "Airbyte loses 105 and 111 of 2,000.",
    ),
    Row(
        "moved",
        "An item moves to another partition during the run",
        "Counted once, its history kept.",
        (
            f"{J}/passes/test_pull_meanwhile.py::test_item_moves_to_another_partition_during_the_run",
            f"{G}/passes/test_incremental_is_full.py::*",
            f"{A}/passes/test_incremental_is_full.py::*",
        ),
        EVERY,
    ),
    Row(
        "late-index",
        "An edit that the tool's index shows 200 seconds late",
        "In the next run: the watermark is the server's time when the last complete pull began, less a lag.",
        (f"{J}/passes/test_pull_meanwhile.py::test_what_the_index_shows_200_s_late_is_in_the_next_run",),
        ("jira",),
        "All four taps lose it for ever.",
    ),
    Row(
        "clocks",
        "The token's owner lives in another zone, summer time begins, clocks are two hours off",
        "Every edit is seen.",
        (f"{J}/passes/test_pull_meanwhile.py::test_every_edit_is_seen_whatever_the_zones_and_clocks",),
        ("jira",),
        "Meltano sees none of five with New York.",
    ),
    Row(
        "deleted",
        "Ten items are deleted",
        "Found, each confirmed by a direct reading, and told apart from lost access.",
        (f"{J}/passes/test_pull_access.py::test_10_items_deleted_are_told_apart_from_lost_access",),
        EVERY,
        "No tool notices.",
    ),
    Row(
        "lost-access",
        "The permission to a partition is lost in mid-run; the whole site shows nothing",
        "Frozen as last read, DEGRADED, no orphan from it, no tag taken away.",
        (
            f"{J}/passes/test_pull_access.py::test_permission_to_one_project_lost_in_mid_run_full",
            f"{J}/passes/test_pull_access.py::test_whole_site_returns_empty_200",
        ),
        EVERY,
        "No tool notices.",
    ),
    Row(
        "wrong-credentials",
        "Credentials that are refused, or answered as an anonymous visitor",
        "Who we are is asked first; nothing is concluded, nothing is asked often enough to lock an account.",
        (
            f"{J}/passes/test_pull_access.py::test_wrong_credentials",
            f"{J}/passes/test_pull_access.py::test_credentials_that_end_in_mid_run_and_are_answered_as_anonymous",
            f"{A}/connector/test_errors.py::test_what_answers_as_nobody_is_refused",
        ),
        EVERY,
    ),
    Row(
        "one-of-many",
        "Any of these on one shard of twenty",
        "Nineteen are published; the items of the twentieth stand as last read, and it is named.",
        (
            f"{J}/passes/test_pull_stale.py::test_any_of_these_on_1_of_20_shards",
            "tests/sync/test_pull.py::test_one_shard_that_fails_is_frozen_and_the_others_go_on",
        ),
    ),
)
WRITE = (
    Row(
        "killed",
        "Killed (SIGKILL) at any commit of the store or any request",
        "The next run ends where the uninterrupted one would have: none missing, none doubled, no edit of people lost.",
        ("tests/crash/test_crash.py::test_killed_everywhere",),
        (),
        "Reading the set and writing it back loses edits; an operation that is not idempotent doubled 28 of 500.",
    ),
    Row(
        "answer-lost",
        "A write takes effect and its answer is lost, or never arrives at all",
        "Settled by reading the tool; never sent again blindly.",
        (
            f"{J}/passes/test_write_singly.py::test_every_fifth_answer_is_lost",
            f"{A}/connector/test_writing.py::test_an_answer_that_is_lost_is_not_sent_again",
            f"{G}/connector/test_writing.py::test_an_answer_that_is_lost_is_not_sent_again",
        ),
        EVERY,
    ),
    Row(
        "late-effect",
        "A write that nobody answered takes effect after we looked",
        "Its value is ours for a day after it was sent; what is sent again is one write, not two.",
        (
            "tests/sync/test_interrupted.py::test_a_write_that_takes_effect_after_it_was_given_up_is_ours",
            "tests/sync/test_interrupted.py::test_what_is_sent_again_ends_what_was_never_heard_of",
            "tests/sync/test_interrupted.py::test_what_was_never_heard_of_fails_after_a_day",
        ),
        (),
    ),
    Row(
        "bulk-task",
        "A bulk task fails in part, its number is lost, its polls never end",
        "An outcome for every item; attached again by its number, not sent again.",
        (
            f"{J}/passes/test_write_bulk.py::test_partly_failed_has_an_outcome_for_each",
            f"{J}/passes/test_write_bulk.py::test_a_task_that_outlives_the_process_is_taken_up_and_not_sent_again",
            f"{J}/passes/test_write_bulk.py::test_answer_lost_with_the_tasks_number",
            f"{J}/passes/test_write_bulk.py::test_polls_that_end_without_an_answer_leave_it_to_the_next_run",
        ),
        ("jira",),
    ),
    Row(
        "person-between",
        "A person edits between plan and apply",
        "Theirs wins, and is told.",
        ("tests/cli/test_writing.py::test_a_persons_edit_since_the_plan_wins_and_is_told",),
        EVERY,
    ),
    Row(
        "small-plans",
        "A plan that its caps refuse is applied in small parts, or item by item",
        "Caps hold for all plans of a run together, and for runs of single items since the last whole one.",
        (
            "tests/sync/test_caps.py::test_two_plans_of_a_run_clear_no_more_than_one",
            "tests/sync/test_caps.py::test_one_item_after_the_other_is_no_way_around_a_cap",
        ),
        (),
    ),
    Row(
        "person-waiting",
        "A person edits a field that the tool sets whole, while we wait as told or as one edit after the other is made",
        "Theirs wins: behind a wait an item is looked at again before it is written, and the others are written in the "
        "same pass. No look is older than 30 seconds.",
        (
            "plugins/jira/tests/passes/test_set_whole.py::test_a_field_that_a_person_sets_while_we_wait_stays",
            "plugins/jira/tests/passes/test_set_whole.py::test_a_bulk_edit_of_a_field_is_not_sent_again_behind_a_wait",
            "plugins/jira/tests/passes/test_set_whole.py::"
            "test_a_field_that_a_person_sets_while_others_are_edited_stays",
            "plugins/asana/tests/passes/test_set_whole.py::"
            "test_a_pass_that_is_told_to_wait_looks_again_and_writes_the_others",
            "plugins/github_projects/tests/passes/test_uncertain_writes.py::"
            "test_a_field_that_a_person_sets_while_we_wait_stays",
        ),
        EVERY,
    ),
    Row(
        "withdrawn",
        "A person takes our tag away, or sets another",
        "It stays so, run after run; it is a statement of theirs, or is only reported where on_conflict says so.",
        ("tests/sync/test_conflicts.py::test_figures_follow_whose_word_counts_and_the_tools_stay_as_people_left_them",),
        EVERY,
    ),
    Row(
        "index-behind-removal",
        "The tool's index still shows a tag that we took away a moment ago",
        "The item is read directly; nobody's word, unless a person set it again.",
        (
            "plugins/jira/tests/passes/test_index_lag.py::"
            "test_a_tag_that_we_took_away_is_nobodys_statement_while_the_index_lags",
            "plugins/jira/tests/passes/test_index_lag.py::test_a_person_who_sets_it_again_at_once_is_heard",
        ),
        ("jira",),
    ),
    Row(
        "mass-withdrawal",
        "Most tags of a partition do not show any more: its field is renamed, hidden or deleted, a label is deleted",
        "They count as ours, no item is written there, and the run says so; taken for people's edits only where "
        "somebody says so (--accept-empty). Where the tool tells that the field is not there, also for one item.",
        (
            "tests/sync/test_mass_withdrawal.py::test_most_of_a_partition_is_not_believed_and_nothing_is_written_there",
            "tests/sync/test_mass_withdrawal.py::test_somebody_says_that_people_did_it",
            "plugins/github_projects/tests/passes/test_renamed_field.py::test_a_renamed_field_withdraws_nothing",
            "plugins/asana/tests/passes/test_removed_field.py::test_a_field_out_of_its_project_withdraws_nothing",
        ),
        ("asana", "github_projects"),
    ),
    Row("echo", "Our own write comes back as a change", "Nothing is written, nothing is new.", (), EVERY),
    Row(
        "untag-98",
        "A changed rule would untag 98 % of the items, or move them elsewhere",
        "Refused, with exit code 4, until the exact number is said.",
        (
            f"{J}/passes/test_write.py::test_a_rule_change_that_would_untag_98_percent_is_refused_without_the_number",
            "tests/plan/test_guard.py::test_moves_are_capped_where_the_documents_changed_and_only_there",
        ),
        EVERY,
    ),
    Row(
        "muting",
        "The tool refuses to mute its mails",
        "Follows the setting; the plan says how many people would be mailed.",
        (f"{J}/passes/test_write.py::test_muting_refused_follows_the_setting",),
        ("jira",),
    ),
    Row(
        "undo",
        "A run wrote what nobody wanted",
        "undo takes back exactly that, under the same guards; what anybody changed since stays and is listed.",
        (
            "tests/sync/test_undo.py::test_a_run_is_taken_back_and_then_there_is_nothing_left_to_take_back",
            "tests/sync/test_undo.py::test_undo_restores_every_item_that_nobody_touched_and_takes_nothing_of_people",
        ),
    ),
    Row(
        "not-read-whole",
        "A source was not read whole",
        "Nothing is cleared there; no number lifts that.",
        (
            f"{J}/passes/test_write.py::test_nothing_is_cleared_on_the_word_of_what_was_not_read_whole",
            "tests/plan/test_guard.py::test_nothing_is_cleared_in_a_source_that_is_degraded_and_no_number_lifts_that",
        ),
    ),
    Row(
        "lost-store",
        "The store is lost while tags stand in the tools",
        "Nobody's: neither read nor cleared, until somebody is shown them and says whose they are.",
        (
            "tests/sync/test_write.py::test_tags_that_nobody_claims_are_neither_read_nor_cleared",
            "tests/cli/test_adopting.py::test_without_a_terminal_it_is_listed_and_nothing_is_claimed",
        ),
    ),
)
STORE = (
    Row(
        "disk",
        "The disk is full, the file is read-only",
        "A clear message; nothing is lost; the next run goes on.",
        (
            "tests/crash/test_disk.py::test_with_less_and_less_room",
            "tests/crash/test_disk.py::test_no_file_is_spoilt_for_want_of_room",
            "tests/store/test_opening.py::test_a_disk_that_takes_nothing_more_is_named_and_loses_nothing",
            "tests/store/test_opening.py::test_who_may_only_read_sees_what_a_writer_at_work_writes",
        ),
    ),
    Row(
        "damaged",
        "The database is locked, truncated, has flipped bytes, or a newer schema",
        "Refuses to write and says how to restore or rebuild.",
        (
            "tests/store/test_opening.py::test_a_locked_file_names_itself",
            "tests/store/test_opening.py::test_a_truncated_file",
            "tests/store/test_opening.py::test_flipped_bytes_are_an_error_and_no_traceback",
            "tests/store/test_opening.py::test_a_newer_schema_names_its_version_and_is_left_alone",
        ),
    ),
    Row(
        "older-copy",
        "A copy of the store from within the last run is brought back: its journal lacks the last lines",
        "The next run writes nothing and the tools stay as they are; what it does not know as ours counts as people's.",
        ("tests/crash/test_crash.py::test_killed_everywhere",),
    ),
    Row(
        "two-at-once",
        "Two runs at once; a worker that was paused beyond its lease",
        "The second is told who holds it; the fence refuses the stale one: no stale write.",
        (
            "tests/store/test_leases.py::test_only_one_of_many_gets_the_lease",
            "tests/store/test_leases.py::test_a_stale_lease_cannot_write_anything",
            "tests/crash/test_paused.py::test_a_paused_process_that_lost_its_lease_writes_nothing",
            "tests/sync/test_interrupted.py::test_a_lease_lost_during_a_long_poll_ends_the_writing",
            "tests/sync/test_holding.py::test_a_commit_longer_than_a_lease_loses_none",
        ),
        (),
        "Celery with defaults lost 10 of 40 tasks; Dask ran 16 twice.",
    ),
    Row(
        "worker-clocks",
        "Clocks of workers that are days off",
        "Only the database's clock decides who holds a lease.",
        ("tests/sync/test_write.py::test_no_workers_clock_decides_who_holds_the_lease",),
    ),
    Row(
        "server-restart",
        "The database server is stopped at once and started again",
        "Asked again; what was committed stands.",
        ("tests/store/test_opening.py::test_a_server_that_was_restarted_meanwhile_is_asked_again",),
    ),
    Row(
        "tampered",
        "Somebody changes the journal or the audit in the database",
        "The database refuses to change the audit; audit verify names every line and entry that is not as it was.",
        (
            "tests/store/test_audit.py::test_the_database_itself_refuses_changes",
            "tests/store/test_audit.py::test_what_somebody_did_behind_our_back_is_named",
        ),
    ),
)
HOSTILE = (
    Row(
        "yaml",
        "YAML that unfolds, nests without end, or is huge",
        "Aliases are refused; 1 MB and 50 levels are the most.",
        ("tests/config/test_problems.py::test_what_is_no_good_yaml_is_told_by_line",),
    ),
    Row(
        "regex",
        "Regular expressions that run for ever",
        "Only the linear-time kind; what cannot be compiled is refused with file and line.",
        ("tests/conditions/test_parse.py::test_fault", "tests/config/test_problems.py::test_mapping"),
        (),
        "19 seconds on 28 characters in the standard library.",
    ),
    Row(
        "formulas",
        "Titles that begin with = + - @",
        "Texts in every CSV, never formulas.",
        (
            "tests/text/test_text.py::test_no_cell_begins_a_formula",
            "tests/report/test_formats.py::test_a_spreadsheet_runs_nothing",
        ),
    ),
    Row(
        "markup",
        "Script, javascript: links, control characters, terminal escapes in titles",
        "Escaped in HTML and Markdown, stripped on a terminal; only http(s) links.",
        (
            "tests/report/test_html.py::test_nothing_that_a_tracker_says_is_obeyed",
            "tests/report/test_formats.py::test_markdown_shows_marks_instead_of_obeying_them",
            "tests/text/test_text.py::test_what_a_terminal_would_obey_is_gone",
        ),
    ),
    Row(
        "elsewhere",
        "An address, redirect or next link that leads to another host or to a cloud's metadata",
        "Never followed; private addresses only where the configuration names them.",
        (
            "tests/http/test_hosts.py::test_other_hosts_are_refused_without_a_request",
            "tests/http/test_hosts.py::test_redirect_to_another_host_is_not_followed",
            f"{J}/connector/test_faults.py::test_self_links_are_never_followed",
        ),
    ),
    Row(
        "secrets",
        "Secrets in errors, logs, plans, reports, rows",
        "Redacted where a text enters; searched for in every byte that the whole loop leaves.",
        (
            "tests/security/test_secrets.py::test_the_whole_loop_leaves_no_secret",
            "tests/http/test_hosts.py::test_secrets_are_in_no_error_and_no_log",
        ),
    ),
    Row(
        "plugin",
        "A plugin that raises, exits, hangs, or yields for ever",
        "Named; its shard or source ends, the others go on.",
        (
            "tests/plugins/test_load.py::test_a_broken_plugin_is_named_with_the_reason_and_the_rest_works",
            "tests/sync/test_pull.py::test_a_plugin_that_breaks_at_once_is_named_and_stops_nobody",
            "tests/sync/test_pull.py::test_a_connector_that_hangs_is_given_up",
            "tests/sync/test_pull.py::test_a_walk_that_lies_is_incomplete",
        ),
    ),
    Row(
        "rings",
        "Parents in a ring, objectives in a ring, ids that come twice",
        "Told with their place; every walk ends.",
        (
            "tests/mapping/test_hierarchy.py::test_any_graph_of_parents_ends",
            "tests/strategy/test_tree.py::test_any_document_gives_a_tree_and_active_means_a_living_path",
        ),
    ),
)
TABLES = {"Reading the tools": PULL, "Writing back": WRITE, "Store and process": STORE, "Hostile input": HOSTILE}
