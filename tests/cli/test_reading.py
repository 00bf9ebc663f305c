"""Reading commands on a small organisation with hostile titles, on a Monday that never changes."""

from __future__ import annotations

import csv
import io
import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STATUS = """\
Example Ltd · 2026-Q4, day 54 of 92 · run 1, Mon 23 Nov 06:00 CET

COVERAGE  42.9 %   bounds 37.5–50.0
          points 60.0 % (50 % imputed, 56 % missing) · hours n/a (100 % missing) · people 83.3 % (56 % missing)

  3 aligned   1 exempt       3 orphan   1 dangling   1 ambiguous   0 unreadable   = 9 items
              11.1 of 20 %

OBJECTIVE  PLANNED  ACTUAL  ITEMS  KEY RESULTS        STATE
new-plant      5 %   0.0 %      0  none               unserved
clean-air     30 %   5.6 %    0.5  typed 53 days ago  underfunded
fast-line     50 %  27.8 %    2.5  1 of 1 on track    underfunded
old-plan             0.0 %      0  none               inactive
  ITEMS of one: veaf-sync -C {folder} items --objective ID --below --verdict aligned

OLDEST ORPHANS   AGE  TEAM  TITLE                               CLOSEST FIX
plant:N-5       34 d  line  Repaint the gate                    set Objective <objective>
plant:N-6       22 d  line  =HYPERLINK("https://evil.example")  set Objective <objective>
plant:N-8       10 d  line  Red alarm reversed                  set Objective <objective>

NOTE  plant: 1 done without a completion date, so not in scope.

NEXT  veaf-sync -C {folder} report (the page to forward)
"""


def test_the_screen_of_status(veaf, plant):
    ended = veaf("-C", plant, "status")
    assert ended.code == 0
    assert ended.out == STATUS.format(folder=plant)


def test_the_figures_of_the_screen_are_in_its_csv_for_every_weight(veaf, plant):
    rows = csv.DictReader(io.StringIO(veaf("-C", plant, "status", "-o", "csv").out))
    values = {(row["measure"], row["of"]): row["value"] for row in rows}
    assert values["coverage in points", "value"] == "0.6"
    assert values["coverage in points", "imputed_share"] == "0.5"
    assert values["coverage in hours", "value"] == ""  # n/a
    assert values["coverage in hours", "missing_share"] == "1.0"


def test_hostile_titles_do_not_reach_the_terminal(veaf, plant):
    for name in ("items", "orphans", "status"):
        ended = veaf("-C", plant, name)
        assert "\x1b" not in ended.out
        assert "\u202e" not in ended.out
    assert "Red alarm reversed" in veaf("-C", plant, "items").out


def test_hostile_titles_are_data_in_json_and_text_in_csv(veaf, plant):
    answer = veaf("-C", plant, "items", "-o", "json")
    titles = {item["title"] for item in answer.document["items"]}
    assert any("\u202e" in title for title in titles)
    assert "\u202e" not in answer.out
    rows = list(csv.DictReader(io.StringIO(veaf("-C", plant, "items", "-o", "csv").out)))
    (formula,) = [row["title"] for row in rows if row["key"] == "N-6"]
    assert formula.startswith("'=HYPERLINK")


def test_a_split_item_has_a_row_for_each_share(veaf, plant):
    rows = list(csv.DictReader(io.StringIO(veaf("-C", plant, "items", "-o", "csv").out)))
    shares = {row["objective"]: row["share"] for row in rows if row["key"] == "N-4"}
    assert shares == {"clean-air": "0.5", "fast-line": "0.5"}


def test_people_are_pseudonyms(veaf, plant):
    for form in ("text", "json", "csv"):
        out = veaf("-C", plant, "items", "-o", form).out + veaf("-C", plant, "orphans", "-o", form).out
        assert "person-" in out
        assert not [name for name in ("ada", "dee") if f'"{name}"' in out or f",{name}," in out]


def test_filters_combine_and_repeat(veaf, plant):
    def keys(*arguments):
        return sorted(item["key"] for item in veaf("-C", plant, "items", *arguments, "-o", "json").document["items"])

    assert keys("--partition", "south", "--verdict", "ambiguous") == ["S-2"]
    assert keys("--verdict", "ambiguous", "--verdict", "dangling") == ["S-1", "S-2"]
    assert keys("--objective", "clean-air", "--verdict", "aligned") == ["N-4"]
    assert keys("--team", "line", "--verdict", "exempt") == ["N-7"]
    assert "N-1" not in keys()
    assert "N-1" in keys("--all")
    assert keys("--level", "epic", "--all") == ["N-1"]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["--source", "plnat"], "plant"),
        (["--partition", "noth"], "north"),
        (["--partition", "plant:noth"], "plant:north"),
        (["--objective", "fast-lin"], "fast-line"),
        (["--team", "LINE"], "line"),
        (["--level", "epik"], "epic"),
    ],
)
@pytest.mark.parametrize("command", ["items", "coverage", "objectives", "orphans"])
def test_a_name_that_does_not_exist_is_not_an_empty_answer(veaf, plant, command, arguments, meant):
    ended = veaf("-C", plant, command, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert f"Did you mean {meant}?" in ended.err


def test_a_partition_may_be_named_with_its_source_and_a_group_as_it_is_shown(veaf, plant):
    def items(*arguments):
        return veaf("-C", plant, "items", *arguments, "-o", "json").document["items"]

    assert items("--partition", "plant:south") == items("--partition", "south") != []
    without = items("--team", "(none)")
    assert {item["team"] for item in without} == {""}
    coverage = veaf("-C", plant, "coverage", "--by", "team", "-o", "json").document
    (group,) = [group for group in coverage["groups"] if group["group"] == ""]
    assert group["weights"]["count"]["total"] == len(without)


def test_no_counted_item_is_not_no_item(veaf, plant):
    ended = veaf("-C", plant, "items", "--level", "epic")
    assert ended.out.startswith("No counted item matches. There is one that is not counted")
    assert "--all" in ended.out
    assert "N-1" in veaf("-C", plant, "items", "--level", "epic", "--all").out


def test_items_that_count_by_a_share_say_what_they_add_up_to(veaf, plant):
    ended = veaf("-C", plant, "items", "--objective", "fast-line", "--verdict", "aligned")
    assert ended.out.splitlines()[-1] == "3 items; by their shares 2.5"  # as `objectives` and `status` print it
    assert (
        veaf("-C", plant, "objectives", "--objective", "fast-line", "-o", "json").document["objectives"][0]["count"]
        == 2.5
    )


@pytest.mark.parametrize("narrowed", [["--team", "line"], ["--partition", "plant:north", "--level", "standard"], []])
@pytest.mark.parametrize("command", [["coverage", "--by", "objective"], ["objectives"]])
def test_a_suggested_command_lists_what_the_number_counts(veaf, plant, monday, command, narrowed):
    """Of the first run, while the second has one more item."""
    with (plant / "exports" / "north.csv").open("a") as north:
        north.write("N-9,New,Task,,,,fast-line,To Do,,,2026-11-24,2026-11-24\n")
    monday.advance(86_400)
    assert veaf("-C", plant, "sync", clock=monday).code == 0
    asked = ["-C", plant, *command, "--objective", "fast-line", "--objective", "clean-air", *narrowed, "--as-of", "1"]
    answer = veaf(*asked, "-o", "json").document
    for row in answer.get("groups") or answer["objectives"]:
        name, number = (
            (row["group"], row["weights"]["count"]["total"]) if "group" in row else (row["objective"], row["items"])
        )
        words = shlex.split(veaf(*asked).out.splitlines()[-1].rpartition("veaf-sync ")[2])
        listed = veaf(*[name if word in ("NAME", "ID") else word for word in words], "-o", "json").document
        assert (listed["run"], listed["count"]) == (1, number)


def test_below_needs_an_objective(veaf, plant):
    assert veaf("-C", plant, "items", "--below").code == 2


def test_limit_says_how_many_there_are(veaf, plant):
    ended = veaf("-C", plant, "orphans", "--limit", "1")
    assert ended.code == 0
    assert "1 of 3 items" in ended.out
    assert "N-5" in ended.out  # the oldest


def test_text_shows_the_beginning_of_a_long_list_and_the_other_forms_all_of_it(veaf, plant):
    rows = "".join(f"L-{number},Long list {number},Story,To Do\n" for number in range(130))
    (plant / "exports" / "long.csv").write_text(f"key,title,type,state\n{rows}", encoding="utf-8")
    assert veaf("-C", plant, "sync").code == 0
    for command in ("items", "orphans"):
        narrower = ("-C", plant, command, "--partition", "long")
        assert "100 of 130 items. More with --limit N, all with -o csv" in veaf(*narrower).out
        assert "130 items" in veaf(*narrower, "--limit", "200").out
        assert len(veaf(*narrower, "-o", "json").document["items"]) == 130
        assert len(veaf(*narrower, "-o", "csv").out.splitlines()) == 131


def test_explain_takes_a_source_and_key_or_a_bare_key(veaf, plant):
    whole = veaf("-C", plant, "explain", "plant:N-2", "-o", "json").document
    bare = veaf("-C", plant, "explain", "N-2", "-o", "json").document
    assert whole == bare
    assert whole["verdict"] == "aligned"
    assert whole["alignments"] == [
        {"objective": "fast-line", "share": 1.0, "origin": "inherited", "rule": "line epics"}
    ]


def test_sync_only_reads_what_is_named(veaf, plant):
    said = veaf("-C", plant, "sync", "--only", "N-2", "--only", "plant:N-5")
    assert said.code == 0, said.err
    assert "Run 2 done" in said.out
    unknown = veaf("-C", plant, "sync", "--only", "N-999")
    assert unknown.code == 2
    assert "No sync has seen N-999, and plant has no way to look an item up by its name" in unknown.err
    assert "sync --source plant reads what is new" in unknown.err
    mixed = veaf("-C", plant, "sync", "--only", "N-2", "--full")
    assert mixed.code == 2
    assert "nothing else" in mixed.err


def test_explain_of_an_unknown_item_is_a_usage_error(veaf, plant):
    ended = veaf("-C", plant, "explain", "N-999")
    assert ended.code == 2
    assert "N-999" in ended.err


def test_an_orphan_is_explained_with_a_fix(veaf, plant):
    ended = veaf("-C", plant, "explain", "N-5")
    assert ended.code == 0
    assert "orphan" in ended.out


def test_as_of_what_is_not_there_is_a_usage_error(veaf, plant):
    for when in ("99", "2020-01-01", "yesterday"):
        ended = veaf("-C", plant, "status", "--as-of", when)
        assert ended.code == 2, when
        assert ended.out == ""


def test_as_of_a_date_is_the_last_run_of_that_day(veaf, plant, monday):
    monday.advance(3 * 86_400)
    with (plant / "exports" / "south.csv").open("a") as south:
        south.write("S-9,New,Task,,,,,To Do,,,2026-11-24,2026-11-24\n")
    assert veaf("-C", plant, "sync", clock=monday).code == 0
    assert veaf("-C", plant, "status", "--as-of", "2026-11-23", "-o", "json").document["run"] == 1
    assert veaf("-C", plant, "status", "--as-of", "2026-11-26", "-o", "json").document["run"] == 2
    assert veaf("-C", plant, "status", "-o", "json").document["run"] == 2
    then = STATUS.format(folder=plant).replace("--verdict aligned", "--verdict aligned --as-of 1")
    assert veaf("-C", plant, "status", "--as-of", "1").out == then.partition("\nNEXT")[0]


def test_a_lost_file_degrades_the_run_and_is_said(veaf, plant, monday):
    for path in (plant / "exports").iterdir():
        path.unlink()
    monday.advance(86_400)
    ended = veaf("-C", plant, "sync", clock=monday)
    assert ended.code == 3
    assert "DEGRADED" in ended.out
    status = veaf("-C", plant, "status")
    assert status.code == 0
    assert status.out.splitlines()[1].startswith("DEGRADED  plant")
    assert "unreadable" in status.out
    assert veaf("-C", plant, "status", "-o", "json").document["degraded"] is True
    assert f"Why: veaf-sync -C {plant} status --as-of 2" in veaf("-C", plant, "items", "--as-of", "2").err
    assert veaf("-C", plant, "report", "--strict", "--format", "md").code == 3
    assert veaf("-C", plant, "report", "--format", "md,html", "--out", plant / "out").code == 0
    said = "9 unreadable items are not counted for any objective; states may look worse than they are."
    for text in (status.out, veaf("-C", plant, "objectives").out, *_pages(plant / "out")):
        assert text.count(said) == 1


@pytest.mark.parametrize("asked", [(), ("--source", "plant")], ids=["failed", "not asked"])
def test_coverage_names_a_source_that_was_never_read(veaf, plant, monday, asked):
    settings = plant / "veaf-sync.yaml"
    settings.write_text(settings.read_text() + "  roads: {connector: file, path: roads/*.csv}\n")
    veaf("-C", plant, "sync", *asked, clock=monday)
    status = veaf("-C", plant, "status")
    assert "COVERAGE  42.9 %   bounds 37.5–50.0 of what was read" in status.out
    assert veaf("-C", plant, "report", "--format", "md,html", "--out", plant / "out").code == 0
    for text in (status.out, *_pages(plant / "out")):
        assert text.count("roads was never read: its work is not in these figures.") == 1


def _pages(folder):
    return [next(folder.rglob(f"*.{ending}")).read_text(encoding="utf-8") for ending in ("md", "html")]


def test_sync_in_json_keeps_stdout_clean(veaf, plant, monday):
    ended = veaf("-C", plant, "sync", "-o", "json", clock=monday)
    assert ended.code == 0
    assert ended.document["run"] == 2
    assert ended.document["sources"][0]["state"] == "fresh"
    assert ended.err  # progress


def test_an_unknown_source_is_a_usage_error(veaf, plant, monday):
    ended = veaf("-C", plant, "sync", "--source", "plnt", clock=monday)
    assert ended.code == 2
    assert "plant" in ended.err


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30))
def test_any_item_reference_gives_an_answer_or_an_error_never_a_traceback(veaf, plant, text):
    ended = veaf("-C", plant, "explain", "--", text)
    assert ended.code in (0, 2)
    assert "Internal error" not in ended.err
